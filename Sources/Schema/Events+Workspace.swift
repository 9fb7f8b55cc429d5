package import Support

/// `filesystem.changed`: A file of the workspace changed.
package struct FilesystemChanged: Codable, Sendable, Equatable {
    /// The path.
    package var file: String
    /// What happened to it.
    package var event: FileChangeKind

    /// The event's data.
    package init(file: String, event: FileChangeKind) {
        self.file = file
        self.event = event
    }
}

/// `vcs.branch.updated`: Another branch is checked out.
package struct VcsBranchUpdated: Codable, Sendable, Equatable {
    /// The branch; nil when HEAD is detached.
    package var branch: String?

    /// The event's data.
    package init(branch: String? = nil) {
        self.branch = branch
    }
}

/// `project.updated`: What is known of a project changed.
package struct ProjectUpdated: Codable, Sendable, Equatable {
    /// The project.
    package var id: String
    /// Its directory.
    package var canonical: String
    /// Its version control.
    package var vcs: String?
    /// Its name.
    package var name: String?
    /// Its icon: an object.
    package var icon: JSON?
    /// Its commands: an object.
    package var commands: JSON?
    /// When things happened.
    package var time: ProjectTime
    /// Directories made for its work.
    package var sandboxes: [String]

    /// The event's data.
    package init(
        id: String, canonical: String, vcs: String? = nil, name: String? = nil, icon: JSON? = nil,
        commands: JSON? = nil, time: ProjectTime, sandboxes: [String]
    ) {
        self.id = id
        self.canonical = canonical
        self.vcs = vcs
        self.name = name
        self.icon = icon
        self.commands = commands
        self.time = time
        self.sandboxes = sandboxes
    }
}

/// `worktree.updated`: The work trees of a project changed.
package struct WorktreeUpdated: Codable, Sendable, Equatable {
    /// The project.
    package var projectID: String

    /// The event's data.
    package init(projectID: String) {
        self.projectID = projectID
    }
}

/// `worktree.resolved`: A directory was found to be a work tree of a project.
package struct WorktreeResolved: Codable, Sendable, Equatable {
    /// The project.
    package var projectID: String
    /// The directory.
    package var directory: String
    /// The project it was taken for before.
    package var previous: String
    /// The sessions that moved with it.
    package var adopted: [String]?

    /// The event's data.
    package init(projectID: String, directory: String, previous: String, adopted: [String]? = nil) {
        self.projectID = projectID
        self.directory = directory
        self.previous = previous
        self.adopted = adopted
    }
}

/// `location.shutdown`: The services of a directory stopped.
package struct LocationShutdown: Codable, Sendable, Equatable {
    /// The event; it has no data.
    package init() {}
}
