// The public HTTP API, and the event stream. Nothing here is private to the page: see docs/api.md.

let token = null; // only in memory; normally the login link has set a cookie

export class ApiError extends Error {
  constructor(status, body) {
    super(body?.message || `The server answered ${status}.`);
    this.status = status;
    this.tag = body?._tag ?? "";
  }
}

const headers = (extra = {}) => (token ? { ...extra, authorization: `Bearer ${token}` } : extra);

/** One request. Addresses are relative, so a base path works. Answers the body without its {data} envelope. */
export async function call(method, path, body) {
  const response = await fetch(`api/${path}`, {
    method,
    credentials: "same-origin",
    headers: headers(body === undefined ? {} : { "content-type": "application/json" }),
    body: body === undefined ? undefined : JSON.stringify(body),
  });
  const text = await response.text();
  let value = null;
  try { value = text ? JSON.parse(text) : null; } catch { /* not JSON: the status says enough */ }
  if (!response.ok) throw new ApiError(response.status, value);
  return value;
}
export const get = (path) => call("GET", path);
export const data = async (path) => (await get(path))?.data ?? [];
export const setToken = (value) => { token = value; };

/** A query string of the values that are set. */
export function query(values) {
  const pairs = Object.entries(values).filter(([, v]) => v !== undefined && v !== null && v !== "");
  return pairs.length ? `?${new URLSearchParams(pairs)}` : "";
}

/**
 * Follows all events for as long as the page lives, by fetch (so that a token works as well as the cookie).
 * After a cut it goes on from the last id it saw; the server replays what was missed, or sends server.gap when it cannot.
 * onState gets connecting, connected, reconnecting, offline or denied.
 */
export async function follow(onEvent, onState) {
  let last = null;
  let failures = 0;
  for (;;) {
    const abort = new AbortController();
    let quiet = null;
    const alive = () => { clearTimeout(quiet); quiet = setTimeout(() => abort.abort(), 25000); }; // heartbeats come every 10 s
    try {
      alive();
      const response = await fetch("api/event", {
        credentials: "same-origin", signal: abort.signal, headers: headers(last ? { "last-event-id": last } : {}),
      });
      if (response.status === 401 || response.status === 403) { onState("denied"); return; }
      if (!response.ok) throw new Error(String(response.status));
      const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
      failures = 0;
      onState("connected");
      let rest = "";
      for (;;) {
        const { value, done } = await reader.read();
        if (done) break;
        alive();
        rest += value;
        const frames = rest.split("\n\n");
        rest = frames.pop();
        for (const frame of frames) {
          let text = "";
          for (const line of frame.split("\n")) {
            if (line.startsWith("id:")) last = line.slice(3).trim();
            else if (line.startsWith("data:")) text += line.slice(5).trimStart();
          }
          if (text) onEvent(JSON.parse(text));
        }
      }
    } catch { /* cut or refused: told below */ } finally { clearTimeout(quiet); }
    failures += 1;
    onState(failures > 2 || !navigator.onLine ? "offline" : "reconnecting");
    await new Promise((resolve) => setTimeout(resolve, Math.min(10000, 250 * 2 ** Math.min(failures, 6))));
  }
}
