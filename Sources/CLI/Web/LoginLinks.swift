import Server
import Support

/// The addresses of a running server as a browser opens them: with a one-time code each, unless no credential is needed.
struct LoginLinks {
    /// `http://127.0.0.1:PORT/login?code=…`, the one for this machine first.
    let urls: [String]

    /// New ones for every address of a server.
    static func make(_ running: RunningServer) -> LoginLinks {
        let authenticator = running.dispatcher.services.authenticator
        return LoginLinks(
            urls: running.urls.map { url in
                running.isOpen ? url + "/" : "\(url)/login?code=\(authenticator.makeLoginCode())"
            })
    }
}
