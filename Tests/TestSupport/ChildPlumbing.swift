import Glibc
import SystemPackage

/// The descriptors between a test and its child: three pipes, or one pseudo-terminal.
struct ChildPlumbing {
    /// Descriptors for stdin, stdout and stderr of the child.
    var childEnds: [Int32] = []
    /// What we read.
    var outputs: [(descriptor: Int32, isError: Bool)] = []
    /// Where we write; nil for `/dev/null`.
    var input: Int32?
    /// Path of the terminal the child opens itself.
    var terminalPath: String?

    static func pipes(_ input: ChildOptions.Input) throws -> ChildPlumbing {
        var plumbing = ChildPlumbing()
        if case .null = input {
            plumbing.childEnds.append(open("/dev/null", O_RDONLY | O_CLOEXEC))
        } else {
            let pipe = try makePipe()
            plumbing.childEnds.append(pipe.read)
            plumbing.input = pipe.write
        }
        for isError in [false, true] {
            let pipe = try makePipe()
            plumbing.childEnds.append(pipe.write)
            plumbing.outputs.append((pipe.read, isError))
        }
        return plumbing
    }

    static func terminal(_ terminal: ChildOptions.Terminal) throws -> ChildPlumbing {
        let unlock: UInt = 0x4004_5431
        let getNumber: UInt = 0x8004_5430
        let main = open("/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC)
        var locked: Int32 = 0
        var number: Int32 = 0
        var size = winsize(ws_row: terminal.rows, ws_col: terminal.columns, ws_xpixel: 0, ws_ypixel: 0)
        guard main >= 0, ioctl(main, unlock, &locked) == 0, ioctl(main, getNumber, &number) == 0 else {
            throw TestSupportError("No pseudo-terminal: \(Errno(rawValue: errno)). Is /dev/ptmx there?")
        }
        _ = ioctl(main, UInt(TIOCSWINSZ), &size)
        var plumbing = ChildPlumbing()
        plumbing.outputs = [(main, false)]
        plumbing.input = main
        plumbing.terminalPath = "/dev/pts/\(number)"
        return plumbing
    }

    func closeChildEnds() { for descriptor in childEnds { close(descriptor) } }

    func closeOurEnds() {
        for output in outputs { close(output.descriptor) }
        if let input, terminalPath == nil { close(input) }
    }

    private static func makePipe() throws -> (read: Int32, write: Int32) {
        var ends: [Int32] = [-1, -1]
        guard pipe(&ends) == 0, let read = ends.first, let write = ends.last else {
            throw TestSupportError("No pipe: \(Errno(rawValue: errno)).")
        }
        // Above 2, so that dup2 in the child always clears the close-on-exec flag.
        return (aboveStandard(read), aboveStandard(write))
    }

    private static func aboveStandard(_ descriptor: Int32) -> Int32 {
        guard descriptor <= 2 else {
            _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
            return descriptor
        }
        let moved = fcntl(descriptor, F_DUPFD_CLOEXEC, 3)
        close(descriptor)
        return moved
    }
}
