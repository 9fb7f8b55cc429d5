// Layered configuration, trust, instructions, skills and agent files.
//
// For: finding and reading everything a person or a repository tells codetether before a turn starts. May enter: parsing,
// validation, merging and discovery of such files. May call it: every target of the service layer and above. It starts no
// process, opens no connection and writes only what `ConfigEditor` is asked to write.

import Support
