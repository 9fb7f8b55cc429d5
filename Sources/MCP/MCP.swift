/// Model Context Protocol: client for both generations, registry, OAuth, sync into the agent, and server mode.
///
/// What may enter: the protocol and the servers of the user. It knows neither sessions nor HTTP routes. `Tools` and `Agents` get
/// its tools through `App`; the CLI and the HTTP server use the registry. HTTP goes through `Providers`' transport, so that
/// proxies and certificates are the same everywhere.
