import Events
import Logging
import Schema
import Storage
import Support

extension Scheduler {
    /// One start of a job, from its claim to its record. Never throws: this is where a job's errors end.
    func execute(_ job: ScheduledJob, isAsked: Bool) async -> JobOutcome {
        defer { runEnded(job.id) }
        let claim: JobClaim
        do {
            let taken = try await JobClaim.take(
                job, storage: storage, locks: locks, owner: owner, time: time)
            guard let mine = taken.claim else {
                logger.debug("job runs elsewhere", metadata: ["job": "\(job.id)", "holder": "\(taken.holder)"])
                return .skipped(taken.holder)
            }
            claim = mine
            if !isAsked, let record = try? await ledger.read(job), let next = record.nextRun,
                next > time.nowMs(), next <= time.nowMs() + job.interval.wholeMs * 2
            {
                // Another process ran it since we looked.
                change(job.id) { $0.dueMs = next }
                await claim.release()
                return .skipped("another process, a moment ago")
            }
        } catch {
            return await record(job, startedMs: time.nowMs(), durationMs: 0, .failed(error))
        }
        let startedMs = time.nowMs()
        let startedNs = time.uptimeNs()
        let race = JobRace(job)
        let end = await race.end(timeout: job.timeout, time: time, isLost: claim.isLost)
        let durationMs = Int64((time.uptimeNs() - startedNs) / 1_000_000)
        await release(claim, of: job, after: race)
        return await record(job, startedMs: startedMs, durationMs: durationMs, end)
    }

    /// A body that ignores its cancellation keeps the claim until it ends: nobody else may start the job beside it.
    private func release(_ claim: JobClaim, of job: ScheduledJob, after race: JobRace) async {
        if race.hasEnded { return await claim.release() }
        let body = race.body
        change(job.id) { $0.leftBehind = true }
        Task {
            _ = await body.result
            await claim.release()
            change(job.id) { $0.leftBehind = false }
        }
    }

    private func record(
        _ job: ScheduledJob, startedMs: Int64, durationMs: Int64, _ end: JobRace.End
    ) async -> JobOutcome {
        let outcome = Self.outcome(of: job, end, durationMs)
        let error: SchedulerError?
        switch outcome {
        case .stopped, .skipped: return outcome
        case .finished: error = nil
        case .failed(let reason, _): error = reason
        }
        let nextMs = next(job, after: startedMs)
        change(job.id) { $0.dueMs = nextMs }
        do {
            try await ledger.update(job, nowMs: time.nowMs()) { record in
                record.lastRun = startedMs
                record.lastStatus = error == nil ? .finished : .failed
                record.lastDurationMs = durationMs
                record.lastError = error?.message
                record.nextRun = nextMs
                record.runs += 1
                record.failures += error == nil ? 0 : 1
            }
        } catch {
            logger.warning(
                "job's run not recorded", metadata: ["job": "\(job.id)", "reason": "\(error.message)"])
        }
        let payload: EventPayload
        if let error {
            logger.error(
                "job failed", metadata: ["job": "\(job.id)", "ms": "\(durationMs)", "reason": "\(error.message)"])
            payload = .schedulerJobFailed(
                .init(
                    id: job.id, durationMs: durationMs, error: StructuredError(type: error.code, message: error.message)
                ))
        } else {
            logger.info("job finished", metadata: ["job": "\(job.id)", "ms": "\(durationMs)"])
            payload = .schedulerJobFinished(.init(id: job.id, durationMs: durationMs))
        }
        bus.publish(Event(id: ids.next(.event), created: time.nowMs(), payload: payload))
        return outcome
    }

    private static func outcome(of job: ScheduledJob, _ end: JobRace.End, _ durationMs: Int64) -> JobOutcome {
        switch end {
        case .finished(let facts): return .finished(facts: facts, durationMs: durationMs)
        case .stopped: return .stopped
        case .lost:
            let error = SchedulerError(
                .lostLease,
                "The job \(job.id) lost its lease and was cancelled, because another node may run it now. It runs again when it is due."
            )
            return .failed(error, durationMs: durationMs)
        case .timedOut:
            let error = SchedulerError(
                .timeout,
                "The job \(job.id) did not end within \(job.timeout.wholeMs) ms and was cancelled; it runs again when it is due."
            )
            return .failed(error, durationMs: durationMs)
        case .failed(let error as SchedulerError): return .failed(error, durationMs: durationMs)
        case .failed(let error):
            let reason = (error as? any AppError)?.message ?? "\(error)"
            return .failed(
                SchedulerError(.failed, "The job \(job.id) failed: \(reason)", underlying: error),
                durationMs: durationMs)
        }
    }
}
