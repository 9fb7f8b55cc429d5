// The HTTP API: one port for REST, event streams, WebSockets and the web page.
//
// For: every client that is not in this process. May enter: one route table (`Routing`), handlers by domain (`Routes`),
// who may call (`Auth`), the OpenAPI document (`OpenAPI`), what handlers work with (`Engine`). May call it: `App` and `CLI`.
// It decides nothing about sessions, models or tools: that is below.
