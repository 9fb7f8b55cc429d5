package import SystemPackage

/// A file operation that failed.
package struct FileError: AppError, Equatable {
    /// The class of the failure.
    package enum Code: String, Sendable {
        case notFound, permissionDenied, exists, notADirectory, isADirectory, noSpace, tooLarge, readOnly, busy, io
    }

    /// The class of the failure.
    package var kind: Code
    /// The path as the caller gave it.
    package var path: FilePath
    /// The system's error number; 0 when the refusal is ours.
    package var errno: Int32
    /// A sentence with path and reason.
    package var message: String

    /// `file.` and the kind.
    package var code: String { "file.\(kind.rawValue)" }

    /// An error of ours; `message` is a whole sentence.
    package init(_ kind: Code, path: FilePath, errno: Int32 = 0, message: String) {
        self.kind = kind
        self.path = path
        self.errno = errno
        self.message = message
    }

    /// - Parameter action: what was attempted, as in "read"; the message reads "Cannot read PATH: reason."
    package init(_ error: Errno, path: FilePath, action: String) {
        kind =
            switch error {
            case .noSuchFileOrDirectory: .notFound
            case .permissionDenied, .notPermitted, .improperLink: .permissionDenied
            case .fileExists, .directoryNotEmpty: .exists
            case .notDirectory: .notADirectory
            case .isDirectory: .isADirectory
            case .noSpace, Errno.diskQuotaExceeded: .noSpace
            case .fileTooLarge, .fileNameTooLong: .tooLarge
            case .readOnlyFileSystem: .readOnly
            case .resourceBusy, .wouldBlock, .textFileBusy: .busy
            default: .io
            }
        self.path = path
        errno = error.rawValue
        message = "Cannot \(action) \(HostileText.escaped(path.string, multiline: false)): \(error)."
    }
}

extension Errno {
    fileprivate static var diskQuotaExceeded: Errno { Errno(rawValue: 122) }
}
