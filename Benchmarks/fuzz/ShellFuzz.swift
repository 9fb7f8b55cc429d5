/// The entry of libFuzzer for the shell analysis; built by `scripts/fuzz-shell` together with its sources.
private struct NoFiles: ShellFiles {
    func place(_ path: String) -> ShellPlace { .outside(path) }
    func names(in directory: String) -> [String]? { ["a", "-b", ".c"] }
    func exists(_ path: String) -> Bool { path.utf8.count % 2 == 0 }
}

@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzShell(_ start: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    let text = String(decoding: UnsafeBufferPointer(start: start, count: count), as: UTF8.self)
    for dialect in [ShellAnalysis.Dialect.bash, .posix] {
        let plan = ShellPlan(text, dialect: dialect)
        let effects = ShellEffects(plan, directory: "/ws", home: "/h", files: NoFiles())
        for invocation in plan.invocations {
            guard invocation.command.range.upperBound <= text.utf8.count else { return -1 }
            _ = ShellReadOnly.isReadOnly(invocation)
            _ = ShellSaved.pattern(invocation)
        }
        _ = effects.doubts
    }
    return 0
}
