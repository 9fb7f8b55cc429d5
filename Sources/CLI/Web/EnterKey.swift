import Dispatch
import Glibc

/// Lines of stdin, read on a thread of its own that the end of the process takes along.
enum EnterKey {
    /// Calls back for every line, until stdin ends.
    static func listen(_ pressed: @escaping @Sendable () -> Void) {
        DispatchQueue(label: "codetether.enter").async {
            var buffer = [UInt8](repeating: 0, count: 4_096)
            while true {
                let count = read(0, &buffer, buffer.count)
                if count < 0 && errno == EINTR { continue }
                guard count > 0 else { return }
                if buffer[..<count].contains(0x0A) { pressed() }
            }
        }
    }
}
