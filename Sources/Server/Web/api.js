// The public API: requests, and event streams that come back by themselves.

/** Where the page is: `/`, or below a base path. */
export const root = new URL("./", document.baseURI);

export class APIError extends Error {
  constructor(status, body) {
    super(body?.message ?? `The server answered ${status}.`);
    this.status = status;
    this.tag = body?._tag ?? "";
    this.field = body?.field;
  }
}

const signedOut = new Set();
/** Calls back when the server says that this browser has no credential. */
export const onSignedOut = (callback) => signedOut.add(callback);
const tellSignedOut = () => signedOut.forEach((callback) => callback());

/** `path` with parts that are encoded: api`session/${id}/message`. */
export const path = (strings, ...values) =>
  "api/" + strings.reduce((text, part, index) => text + encodeURIComponent(values[index - 1]) + part);

/** The decoded answer; null for 204. */
export async function call(method, where, body, headers = {}) {
  let reply;
  try {
    reply = await fetch(new URL(where, root), {
      method, cache: "no-store", redirect: "error",
      headers: body === undefined ? headers : { "content-type": "application/json", ...headers },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
  } catch {
    throw new APIError(0, { message: "The server cannot be reached. Is codetether still running?" });
  }
  if (reply.status === 204) return null;
  const json = await reply.json().catch(() => null);
  if (reply.ok) return json;
  if (reply.status === 401 && !headers.authorization) tellSignedOut();
  throw new APIError(reply.status, json);
}

export const get = (where) => call("GET", where);
export const post = (where, body) => call("POST", where, body ?? {});

const SILENCE = 25000, LONGEST = 10000, LIMIT = 16 << 20;

/**
 * A stream of server-sent events. After a break it goes on behind the last frame that it got (`Last-Event-ID`), waiting at
 * most ten seconds between tries. The server's heartbeat comes every ten; 25 of silence are a break.
 */
export class Stream {
  /** `onEvent(event)`, `onState("connecting"|"connected"|"reconnecting"|"offline"|"gone")`. */
  constructor(where, onEvent, onState) {
    Object.assign(this, { where, onEvent, onState, cursor: null, failures: 0, stopped: false });
    this.wake = () => this.retry?.();
    addEventListener("online", this.wake);
    addEventListener("offline", (this.lost = () => this.abort?.abort()));
    this.run();
  }

  stop() {
    this.stopped = true;
    removeEventListener("online", this.wake);
    removeEventListener("offline", this.lost);
    this.abort?.abort();
    this.retry?.();
  }

  async run() {
    this.state("connecting");
    while (!this.stopped) {
      const verdict = await this.read().catch(() => "broken");
      if (this.stopped) return;
      if (verdict === "gone" || verdict === "signed-out") return this.state("gone");
      this.failures += 1;
      this.state(this.failures > 3 || !navigator.onLine ? "offline" : "reconnecting");
      const delay = Math.min(LONGEST, 250 * 2 ** Math.min(this.failures, 6)) * (0.75 + Math.random() / 4);
      await new Promise((resolve) => {
        this.retry = resolve;
        setTimeout(resolve, delay);
      });
      this.retry = null;
    }
  }

  state(state) {
    if (!this.stopped) this.onState(state);
  }

  async read() {
    const abort = (this.abort = new AbortController());
    let timer;
    const alive = () => {
      clearTimeout(timer);
      timer = setTimeout(() => abort.abort(), SILENCE);
    };
    alive();
    try {
      const headers = { accept: "text/event-stream" };
      if (this.cursor) headers["last-event-id"] = this.cursor;
      const reply = await fetch(new URL(this.where, root), { headers, cache: "no-store", signal: abort.signal });
      if (reply.status === 401) {
        tellSignedOut();
        return "signed-out";
      }
      if (reply.status === 404) return "gone";
      if (reply.status === 400) this.cursor = null;
      if (!reply.ok) return "broken";
      this.failures = 0;
      this.state("connected");
      const reader = reply.body.pipeThrough(new TextDecoderStream()).getReader();
      let rest = "";
      for (;;) {
        const { done, value } = await reader.read();
        if (done) return "ended";
        alive();
        rest += value;
        let end;
        while ((end = rest.indexOf("\n\n")) >= 0) {
          this.frame(rest.slice(0, end));
          rest = rest.slice(end + 2);
          if (this.stopped) return "ended";
        }
        if (rest.length > LIMIT) return "broken";
      }
    } finally {
      clearTimeout(timer);
      abort.abort();
    }
  }

  frame(text) {
    let data = "", id = null;
    for (const line of text.split("\n")) {
      if (line.startsWith("data:")) data += line.slice(5).replace(/^ /, "");
      else if (line.startsWith("id:")) id = line.slice(3).trim();
    }
    if (data) {
      let event = null;
      try { event = JSON.parse(data); } catch {}
      if (event) this.onEvent(event);
    }
    if (id) this.cursor = id;
  }
}

/** A message id of our own, so that a prompt that is sent again is the same prompt. */
export function messageID() {
  const letters = "0123456789abcdefghjkmnpqrstvwxyz";
  let time = Date.now(), head = "";
  for (let i = 0; i < 10; i++) {
    head = letters[time % 32] + head;
    time = Math.floor(time / 32);
  }
  return "msg_" + head + [...crypto.getRandomValues(new Uint8Array(16))].map((b) => letters[b & 31]).join("");
}
