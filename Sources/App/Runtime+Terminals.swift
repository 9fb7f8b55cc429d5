package import PTY
import Support
import Tools

extension Runtime {
    /// The terminals of this process, made on the first call. Programs get the same variables as commands of tools.
    /// - Throws: `PTYError.exhausted`.
    package func terminals() throws(PTYError) -> PTYHost {
        if let terminalHost { return terminalHost }
        ProcessSupervision.ignoreSIGPIPE()
        let host = try PTYHost(
            environment: ShellEnvironment.values(environment), directory: directory, bus: bus, ids: ids, time: time)
        terminalHost = host
        return host
    }
}
