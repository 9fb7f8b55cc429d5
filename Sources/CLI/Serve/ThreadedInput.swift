import Dispatch
import Glibc

/// Reads stdin away on a thread of its own, to learn when it is closed.
struct ThreadedInput: Sendable {
    /// Calls back once, when stdin ends or cannot be read.
    func whenClosed(_ done: @escaping @Sendable () -> Void) {
        DispatchQueue(label: "codetether.stdin").async {
            var buffer = [UInt8](repeating: 0, count: 4_096)
            while true {
                let count = read(0, &buffer, buffer.count)
                if count > 0 || (count < 0 && errno == EINTR) { continue }
                return done()
            }
        }
    }
}
