// What a workspace was, and how it gets back there.
//
// For: snapshots of a workspace, the journal of what tools changed, and restoring files without losing anybody's bytes.
// May enter: our own git directory under `data/snapshots/<project>`, and the workspace through `WorkspaceRoot`. May call it:
// Sessions, Tools, App and the faces. The user's repository (index, HEAD, refs, stash, hooks) is never written.
