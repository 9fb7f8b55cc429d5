import CSupport
import Dispatch
import Synchronization
import SystemPackage

/// SIGINT, SIGTERM and SIGHUP of this process, as calls of a closure on a thread of its own. Listen once a process.
package final class SignalPipe: Sendable {
    private let first = Mutex<Int32?>(nil)

    package init() {}

    /// The first signal that arrived, nil before.
    package var received: Int32? { first.withLock { $0 } }

    /// Starts to listen, for the rest of the process's life.
    /// - Parameter handler: called for each signal with its number and how many came before it.
    package func listen(_ handler: @escaping @Sendable (_ signal: Int32, _ before: Int) -> Void) {
        let raw = csupport_signal_pipe()
        guard raw >= 0 else { return }
        DispatchQueue(label: "codetether.signals").async { @Sendable [self] in
            let pipe = FileDescriptor(rawValue: raw)
            var byte: [UInt8] = [0]
            var count = 0
            while (try? byte.withUnsafeMutableBytes { try pipe.read(into: $0) }) == 1 {
                let number = Int32(byte[0])
                first.withLock { if $0 == nil { $0 = number } }
                handler(number, count)
                count += 1
            }
        }
    }
}
