// A terminal of the server in the page: keys go out as bytes, bytes come in, the cursor (a byte count) resumes after a cut.
import { call, data } from "./api.js";
import { h, visible } from "./dom.js";
import { Screen } from "./screen.js";

export class Terminal {
  element = h("div.term", { tabindex: "0", role: "textbox", "aria-multiline": "true", "aria-label": "Terminal. Press Control+Shift+Escape to leave it." });
  #screen = new Screen(); #socket = null; #pty = null; #cursor = 0; #frame = null; #closed = false; #tries = 0; #decoder = new TextDecoder(); #observer;

  /** Opens the terminal that runs already, or a new one in the directory. */
  async open(directory) {
    const where = directory ? `?location=${encodeURIComponent(directory)}` : "";
    const running = (await data(`pty${where}`)).filter((pty) => pty.status === "running");
    this.#pty = running.at(-1) ?? (await call("POST", `pty${where}`, {})).data;
    this.element.addEventListener("keydown", (event) => this.#key(event));
    this.element.addEventListener("paste", (event) => {
      event.preventDefault();
      const text = event.clipboardData.getData("text").replace(/\r?\n/g, "\r");
      this.#send(this.#screen.bracketedPaste ? `\x1b[200~${text.replaceAll("\x1b", "")}\x1b[201~` : text);
    });
    this.#observer = new ResizeObserver(() => this.#fit());
    this.#observer.observe(this.element);
    await this.#connect();
  }

  close() { this.#closed = true; this.#observer?.disconnect(); this.#socket?.close(1000); }

  async #connect() {
    const { data: ticket } = await call("POST", `pty/${this.#pty.id}/connect-token`, {});
    const address = new URL(`api/pty/${this.#pty.id}/connect?ticket=${encodeURIComponent(ticket.ticket)}&cursor=${this.#cursor}`, document.baseURI);
    address.protocol = address.protocol === "https:" ? "wss:" : "ws:";
    const socket = new WebSocket(address, "codetether.pty");
    socket.binaryType = "arraybuffer";
    socket.onopen = () => { this.#tries = 0; this.#fit(true); };
    socket.onmessage = ({ data: frame }) => {
      if (typeof frame === "string") this.#control(JSON.parse(frame));
      else { this.#cursor += frame.byteLength; this.#screen.write(this.#decoder.decode(frame, { stream: true })); this.#draw(); }
    };
    socket.onclose = async (event) => {
      if (this.#closed || event.code === 1000) return;
      this.#tries += 1;
      if (this.#tries > 20) { this.#note("The connection to this terminal is lost."); return; }
      await new Promise((resolve) => setTimeout(resolve, Math.min(10000, 250 * 2 ** this.#tries)));
      if (!this.#closed) await this.#connect().catch((error) => this.#note(error.message));
    };
    this.#socket = socket;
  }

  #control(message) {
    if (message.type === "cursor") this.#cursor = message.cursor;
    else if (message.type === "gap") { this.#cursor = message.to; this.#note(`${message.to - message.from} bytes are no longer kept`); } else if (message.type === "exit") this.#note(message.signal ? `ended by signal ${message.signal}` : `exited with ${message.code}`);
  }

  #note(text) { this.#screen.write(`\r\n\x1b[2m[${visible(text)}]\x1b[0m\r\n`); this.#draw(); }

  #send(text) { if (this.#socket?.readyState === WebSocket.OPEN) this.#socket.send(new TextEncoder().encode(text)); }

  #fit(force = false) {
    const probe = h("span", { text: "M".repeat(40) });
    this.element.append(probe);
    const box = probe.getBoundingClientRect();
    probe.remove();
    const columns = Math.max(20, Math.min(400, Math.floor((this.element.clientWidth - 16) / (box.width / 40))));
    const rows = Math.max(5, Math.min(200, Math.floor((this.element.clientHeight - 16) / box.height)));
    if (!Number.isFinite(columns * rows) || (!force && columns === this.#screen.columns && rows === this.#screen.rows)) return;
    this.#screen.resize(rows, columns);
    if (this.#socket?.readyState === WebSocket.OPEN) this.#socket.send(JSON.stringify({ type: "resize", rows, cols: columns }));
    this.#draw();
  }

  #key(event) {
    if (event.key === "Escape" && event.ctrlKey && event.shiftKey) { document.getElementById("prompt").focus(); return; }
    if (event.metaKey || (event.ctrlKey && event.shiftKey)) return; // the browser's own: copy, paste, new tab
    const arrow = this.#screen.applicationKeys ? "\x1bO" : "\x1b[";
    const special = { Enter: "\r", Backspace: "\x7f", Tab: event.shiftKey ? "\x1b[Z" : "\t", Escape: "\x1b", ArrowUp: `${arrow}A`, ArrowDown: `${arrow}B`, ArrowRight: `${arrow}C`, ArrowLeft: `${arrow}D`, Home: `${arrow}H`, End: `${arrow}F`, PageUp: "\x1b[5~", PageDown: "\x1b[6~", Insert: "\x1b[2~", Delete: "\x1b[3~", F1: "\x1bOP", F2: "\x1bOQ", F3: "\x1bOR", F4: "\x1bOS" }[event.key];
    let text = special;
    if (!text && event.key.length === 1) {
      text = event.key;
      if (event.ctrlKey) { const code = text.toUpperCase().charCodeAt(0); text = code >= 63 && code <= 95 ? String.fromCharCode(code === 63 ? 127 : code & 31) : text === " " ? "\0" : null; } else if (event.altKey) text = `\x1b${text}`;
    }
    if (!text) return;
    event.preventDefault();
    this.#send(text);
  }

  #draw() {
    this.#frame ??= requestAnimationFrame(() => {
      this.#frame = null;
      const screen = this.#screen;
      const all = [...screen.history.slice(-500), ...screen.lines];
      const cursorLine = all.length - screen.rows + screen.y;
      const nodes = all.map((line, index) => row(line, index === cursorLine && screen.cursor ? screen.x : -1));
      this.element.replaceChildren(...nodes);
      this.element.scrollTop = this.element.scrollHeight;
    });
  }
}

function row(line, cursor) {
  const out = document.createElement("div");
  let start = 0;
  for (let i = 1; i <= line.length; i += 1) {
    if (i < line.length && line[i].a === line[start].a && i !== cursor && i - 1 !== cursor) continue;
    const span = h("span", { text: line.slice(start, i).map((cell) => cell.c).join("") });
    style(span, line[start].a);
    if (start === cursor) span.className = "cursor";
    out.append(span);
    start = i;
  }
  return out;
}

function style(span, key) {
  if (!key) return;
  const set = new Set(key.split("|"));
  let fg = "";
  let bg = "";
  for (const entry of set) { if (entry.startsWith("fg:")) fg = entry.slice(3); if (entry.startsWith("bg:")) bg = entry.slice(3); }
  if (set.has("inverse")) [fg, bg] = [bg || "#0b0e11", fg || "#d8dee6"];
  if (fg) span.style.color = fg;
  if (bg) span.style.backgroundColor = bg;
  if (set.has("bold")) span.style.fontWeight = "bold";
  if (set.has("dim")) span.style.opacity = "0.6";
  if (set.has("italic")) span.style.fontStyle = "italic";
  if (set.has("underline")) span.style.textDecoration = "underline";
}
