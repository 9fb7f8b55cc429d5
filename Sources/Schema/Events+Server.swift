/// `server.connected`: The first event of every stream.
package struct ServerConnected: Codable, Sendable, Equatable {
    /// The event; it has no data.
    package init() {}
}

/// `server.heartbeat`: The stream is alive. Ours.
package struct ServerHeartbeat: Codable, Sendable, Equatable {
    /// The event; it has no data.
    package init() {}
}

/// `server.gap`: Events before this one are lost to this reader; it must read the state again. Ours.
package struct ServerGap: Codable, Sendable, Equatable {
    /// The cursor that was asked for.
    package var after: String?
    /// Why: a whole sentence.
    package var reason: String

    /// The event's data.
    package init(after: String? = nil, reason: String) {
        self.after = after
        self.reason = reason
    }
}

/// `server.stopping`: The server stops; no event follows. Ours.
package struct ServerStopping: Codable, Sendable, Equatable {
    /// Why: a whole sentence.
    package var reason: String?

    /// The event's data.
    package init(reason: String? = nil) {
        self.reason = reason
    }
}

/// `mcp.tools.changed`: The tools of an MCP server changed. Ours.
package struct McpToolsChanged: Codable, Sendable, Equatable {
    /// The server's name.
    package var server: String
    /// New tools.
    package var added: [String]
    /// Tools that are gone.
    package var removed: [String]
    /// Tools with another definition.
    package var changed: [String]

    /// The event's data.
    package init(server: String, added: [String], removed: [String], changed: [String]) {
        self.server = server
        self.added = added
        self.removed = removed
        self.changed = changed
    }
}

/// `snapshot.created`: A snapshot exists. Ours.
package struct SnapshotCreated: Codable, Sendable, Equatable {
    /// The snapshot (`snp_…`).
    package var id: String
    /// The session it was made for.
    package var sessionID: String?
    /// The workspace.
    package var directory: String

    /// The event's data.
    package init(id: String, sessionID: String? = nil, directory: String) {
        self.id = id
        self.sessionID = sessionID
        self.directory = directory
    }
}

/// `snapshot.restored`: A snapshot was written back. Ours.
package struct SnapshotRestored: Codable, Sendable, Equatable {
    /// The snapshot.
    package var id: String
    /// The session it was restored for.
    package var sessionID: String?
    /// The workspace.
    package var directory: String
    /// Paths below the workspace that changed.
    package var files: [String]

    /// The event's data.
    package init(id: String, sessionID: String? = nil, directory: String, files: [String]) {
        self.id = id
        self.sessionID = sessionID
        self.directory = directory
        self.files = files
    }
}

/// `snapshot.collected`: Snapshots that nothing references were deleted. Ours.
package struct SnapshotCollected: Codable, Sendable, Equatable {
    /// The workspace; nil for all.
    package var directory: String?
    /// How many snapshots.
    package var removed: Int
    /// How many bytes were freed.
    package var bytes: Int64

    /// The event's data.
    package init(directory: String? = nil, removed: Int, bytes: Int64) {
        self.directory = directory
        self.removed = removed
        self.bytes = bytes
    }
}

/// `scheduler.job.finished`: A recurring job ran. Ours.
package struct SchedulerJobFinished: Codable, Sendable, Equatable {
    /// The job.
    package var id: String
    /// How long it took.
    package var durationMs: Int64

    /// The event's data.
    package init(id: String, durationMs: Int64) {
        self.id = id
        self.durationMs = durationMs
    }
}

/// `scheduler.job.failed`: A recurring job failed; it will run again. Ours.
package struct SchedulerJobFailed: Codable, Sendable, Equatable {
    /// The job.
    package var id: String
    /// How long it took.
    package var durationMs: Int64
    /// Why.
    package var error: StructuredError

    /// The event's data.
    package init(id: String, durationMs: Int64, error: StructuredError) {
        self.id = id
        self.durationMs = durationMs
        self.error = error
    }
}
