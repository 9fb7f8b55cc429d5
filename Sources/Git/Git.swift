// What codetether asks of git.
//
// For: the state of a repository, read from its files, and git plumbing. May enter: typed questions to git. May call it:
// every target above the base layer. No command that runs a program named by a repository's configuration is let through.

import Support
