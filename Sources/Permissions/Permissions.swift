// Decides whether a tool may do what it wants to do.
//
// For: evaluating permission rules, asking a person, remembering what was approved. May enter: rules, asks, approvals. May
// call it: `Tools` (through `PermissionGate`), `Agents`, the faces. It runs nothing and reads no file.

import Support
