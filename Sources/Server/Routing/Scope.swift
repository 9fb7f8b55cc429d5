/// What a caller may do; a credential holds some of them, a route needs one.
package enum Scope: String, Sendable, CaseIterable {
    /// No credential needed.
    case open
    /// See sessions, files, configuration without secrets, events.
    case read
    /// Prompt, answer asks, change sessions.
    case prompt
    /// Open and use terminals, run shell commands.
    case pty
    /// Change configuration, credentials, servers and files.
    case admin
}
