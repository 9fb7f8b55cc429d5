import CSupport
import Schema
import Support
import SystemPackage

#if canImport(Glibc)
    import Glibc
#endif

extension PTYHost {
    /// Bytes that are read between two looks at what was typed and asked.
    private static let budget = 256 << 10

    /// What the loop waits for: two descriptors a terminal (-1, which `poll` passes over, where nothing is wanted), and at
    /// most a second while there are any.
    func watched() -> (descriptors: [pollfd], timeoutMs: Int32) {
        var descriptors: [pollfd] = []
        descriptors.reserveCapacity(order.count * 2)
        for id in order {
            guard let terminal = terminals[id] else { continue }
            var events = 0
            if !terminal.isDrained {
                if terminal.pausedSince == nil { events |= Int(POLLIN) }
                if !terminal.input.isEmpty { events |= Int(POLLOUT) }
            }
            descriptors.append(
                pollfd(fd: events == 0 ? -1 : terminal.descriptor.rawValue, events: Int16(events), revents: 0))
            let runs = terminal.status == .running
            descriptors.append(pollfd(fd: runs ? terminal.pidfd.rawValue : -1, events: Int16(POLLIN), revents: 0))
        }
        return (descriptors, order.isEmpty ? -1 : 1_000)
    }

    /// Takes what the loop found, in the order of `watched`: first of those that somebody types into, then of the others, from
    /// where it stopped the last time. It stops after `budget` bytes, so that keys wait for no flood.
    func handle(_ ready: [pollfd]) {
        let (ids, now) = (order, time.uptimeNs())
        func take(_ index: Int) -> Int {
            guard index * 2 + 1 < ready.count, let terminal = terminals[ids[index]] else { return 0 }
            let before = terminal.ring.end
            let events = Int32(ready[index * 2].revents)
            if events & (Int32(POLLIN) | Int32(POLLHUP) | Int32(POLLERR)) != 0 { read(terminal, most: 4) }
            if events & Int32(POLLOUT) != 0 { flush(terminal) }
            if ready[index * 2 + 1].revents != 0 { collect(terminal) }
            return Int(terminal.ring.end - before)
        }
        let isTyped = ids.map { terminals[$0]?.isTyped(now) ?? false }
        for index in ids.indices where isTyped[index] { _ = take(index) }
        let start = nextRead
        var left = Self.budget
        for step in ids.indices where left > 0 {
            nextRead = (start + step + 1) % ids.count
            let index = (start + step) % ids.count
            if !isTyped[index] { left -= take(index) }
        }
        expire()
    }

    /// Reads up to `most` pieces and hands them on.
    private func read(_ terminal: PTYTerminal, most: Int) {
        var found = false
        withUnsafeTemporaryAllocation(byteCount: 65_536, alignment: 16) { buffer in
            for _ in 0..<most where !terminal.isDrained {
                let count = Glibc.read(terminal.descriptor.rawValue, buffer.baseAddress, buffer.count)
                if count > 0 {
                    terminal.ring.append(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
                    found = true
                    continue
                }
                if count < 0, errno == EINTR { continue }
                if count < 0, errno == EAGAIN { return }
                // EIO: all programs have closed the terminal.
                terminal.isDrained = true
            }
        }
        if found || terminal.isDrained { deliver(terminal) }
        if terminal.status == .running { pauseIfNeeded(terminal) }
    }

    /// Writes what waits, as far as the program takes it.
    func flush(_ terminal: PTYTerminal) {
        var done = 0
        terminal.input.withUnsafeBytes { bytes in
            while done < bytes.count {
                let count = Glibc.write(
                    terminal.descriptor.rawValue, bytes.baseAddress.map { $0 + done }, bytes.count - done)
                if count > 0 {
                    done += count
                } else if count < 0, errno == EINTR {
                    continue
                } else {
                    return
                }
            }
        }
        terminal.input.removeFirst(done)
    }

    func resize(_ terminal: PTYTerminal, _ size: PTYSize) throws(PTYError) {
        guard size.rows > 0, size.columns > 0 else {
            throw PTYError(.invalid, "A terminal has at least one row and one column.", field: "size")
        }
        terminal.size = size
        guard terminal.status == .running else { return }
        _ = csupport_resize_terminal(terminal.descriptor.rawValue, size.rows, size.columns)
    }

    // MARK: Readers

    /// Gives those that wait their next frame, and drops viewers that have fallen out of the ring.
    private func deliver(_ terminal: PTYTerminal) {
        for (key, attachment) in terminal.attachments {
            if let waiter = attachment.waiter {
                guard let frame = terminal.nextFrame(key) else { continue }
                terminal.attachments[key]?.waiter = nil
                waiter.resume(returning: frame)
            } else if attachment.role == .viewer, attachment.replayEnd == nil, attachment.position < terminal.ring.start
            {
                terminal.attachments[key]?.isDropped = true
            }
        }
    }

    /// Stops reading while a writer is too far behind.
    private func pauseIfNeeded(_ terminal: PTYTerminal) {
        guard let slowest = terminal.slowestWriter, terminal.ring.end - slowest > Int64(limits.writerLag) else {
            return
        }
        if terminal.pausedSince == nil { terminal.pausedSince = time.uptimeNs() }
    }

    /// Reads again when no writer is too far behind any more.
    func resumeReading(_ terminal: PTYTerminal) {
        guard terminal.pausedSince != nil else { return }
        let lag = terminal.slowestWriter.map { terminal.ring.end - $0 } ?? 0
        if lag <= Int64(limits.writerLag / 2) { terminal.pausedSince = nil }
    }

    // MARK: Ends

    /// The program has ended: keeps its last output and how it ended.
    private func collect(_ terminal: PTYTerminal) {
        guard terminal.status == .running, csupport_has_ended(terminal.pidfd.rawValue) != 0 else { return }
        let raw = csupport_reap(terminal.supervisor)
        ProcessSupervision.reaped(terminal.supervisor)
        // Nothing writes any more; what the kernel holds is at most a few pages.
        while !terminal.isDrained {
            let before = terminal.ring.end
            read(terminal, most: 64)
            if terminal.ring.end == before { break }
        }
        let signal = raw < 0 ? 0 : raw & 0x7F
        let code = raw < 0 ? 255 : signal == 0 ? (raw >> 8) & 0xFF : 128 + signal
        terminal.status = .exited(code: Int(code), signal: signal == 0 ? nil : Int(signal))
        terminal.isDrained = true
        terminal.pausedSince = nil
        terminal.input = []
        terminal.exitedAt = time.uptimeNs()
        if terminal.isRemoved {
            drop(terminal.id)
            return
        }
        publish(
            .ptyExited(PtyExited(id: terminal.id, exitCode: Int(code), signal: signal == 0 ? nil : Int(signal))),
            terminal)
        deliver(terminal)
    }

    /// Ends what has been alone or gone for too long, and drops writers that hold up a terminal. The loop calls it at least
    /// every second.
    package func expire() {
        let now = time.uptimeNs()
        func isOver(_ since: UInt64?, _ limit: Duration) -> Bool {
            guard let since, now >= since else { return false }
            return Duration.nanoseconds(Int64(clamping: now - since)) >= limit
        }
        for id in order {
            guard let terminal = terminals[id], !terminal.isRemoved else { continue }
            if terminal.status != .running {
                if isOver(terminal.exitedAt, limits.exited) { forget(id, kills: false) }
            } else if isOver(terminal.aloneSince, terminal.ttl) {
                terminal.aloneSince = now
                terminal.end()
            }
            if isOver(terminal.pausedSince, limits.writerStall) {
                let late = terminal.attachments.filter {
                    $0.value.role == .writer && terminal.ring.end - $0.value.position > Int64(limits.writerLag)
                }
                for key in late.keys { detach(id, key) }
                resumeReading(terminal)
            }
        }
    }
}
