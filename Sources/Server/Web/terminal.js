// A terminal of the server, over its WebSocket. It comes back after a break where it was.
import { fill, h, icon, safe } from "./dom.js";
import { call, get, path, post, root } from "./api.js";
import { Screen } from "./screen.js";

const KEYS = {
  Enter: "\r", Backspace: "\x7f", Tab: "\t", Escape: "\x1b", Delete: "\x1b[3~", Insert: "\x1b[2~", PageUp: "\x1b[5~", PageDown: "\x1b[6~",
  F1: "\x1bOP", F2: "\x1bOQ", F3: "\x1bOR", F4: "\x1bOS", F5: "\x1b[15~", F6: "\x1b[17~", F7: "\x1b[18~", F8: "\x1b[19~", F9: "\x1b[20~", F10: "\x1b[21~",
};
const ARROWS = { ArrowUp: "A", ArrowDown: "B", ArrowRight: "C", ArrowLeft: "D", Home: "H", End: "F" };

export class Terminal {
  constructor(node, onClose) {
    Object.assign(this, { node, onClose, pty: null, socket: null, cursor: 0, failures: 0, frame: 0 });
    this.screenNode = h("div", { class: "screen" });
    this.input = h("textarea", { class: "term-input", "aria-label": "Terminal input. Shift+Escape leaves it.", autocapitalize: "off", autocomplete: "off", spellcheck: false, rows: 1,
      onkeydown: (event) => this.key(event), oninput: (event) => this.typed(event), oncompositionend: () => this.typed({}),
      onpaste: (event) => { event.preventDefault(); this.paste(event.clipboardData.getData("text")); } });
    this.status = h("span", { class: "about", role: "status" });
    this.view = h("div", { class: "term-view", onclick: () => { if (getSelection().isCollapsed) this.input.focus({ preventScroll: true }); } }, this.screenNode, this.input);
    this.heading = h("h2", null, "Terminal");
    fill(node, h("header", null, this.heading, this.status,
      h("button", { type: "button", onclick: () => this.restart() }, "New"),
      h("button", { type: "button", class: "icon", "aria-label": "Close terminal", onclick: () => onClose() }, icon("close"))), this.view);
    this.screen = new Screen(this.screenNode, (text) => this.send(text));
    new ResizeObserver(() => this.fit()).observe(this.view);
  }

  async open() {
    this.input.focus({ preventScroll: true });
    if (this.pty) return;
    const kept = sessionStorage.getItem("codetether.pty");
    if (kept) {
      const found = await get(path`pty/${kept}`).catch(() => null);
      if (found?.data?.status === "running") return this.attach(found.data.id);
    }
    await this.make();
  }

  async make() {
    this.status.textContent = "Starting …";
    try {
      const { data } = await post("api/pty", { title: "Web terminal" });
      sessionStorage.setItem("codetether.pty", data.id);
      this.attach(data.id);
    } catch (error) {
      this.status.textContent = error.status === 501 ? "This server has no terminals." : error.message;
    }
  }

  async restart() {
    const old = this.pty;
    this.detach();
    sessionStorage.removeItem("codetether.pty");
    if (old) await call("DELETE", path`pty/${old}`).catch(() => {});
    await this.make();
    this.input.focus({ preventScroll: true });
  }

  attach(id) {
    this.pty = id;
    this.cursor = 0;
    this.failures = 0;
    this.decoder = new TextDecoder();
    this.screen.reset();
    this.connect();
  }

  detach() {
    this.pty = null;
    this.socket?.close();
    this.socket = null;
  }

  async connect() {
    const id = this.pty;
    let ticket;
    try {
      ticket = (await post(path`pty/${id}/connect-token`)).data.ticket;
    } catch (error) {
      if (error.status === 404) return this.ended("It is gone.");
      return this.again();
    }
    if (this.pty !== id) return;
    const url = new URL(path`pty/${id}/connect` + `?ticket=${encodeURIComponent(ticket)}&cursor=${this.cursor}`, root);
    url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
    const socket = (this.socket = new WebSocket(url, "codetether.pty"));
    socket.binaryType = "arraybuffer";
    socket.onopen = () => {
      this.failures = 0;
      this.status.textContent = "";
      this.size = null;
      this.fit();
    };
    socket.onmessage = ({ data }) => (typeof data === "string" ? this.control(data) : this.bytes(new Uint8Array(data)));
    socket.onclose = (event) => {
      if (this.socket !== socket) return;
      this.socket = null;
      if (this.exit || event.code === 1000) this.ended(this.exit ?? "It ended.");
      else this.again();
      this.exit = null;
    };
  }

  again() {
    if (!this.pty) return;
    this.failures += 1;
    this.status.textContent = "Reconnecting …";
    const id = this.pty;
    setTimeout(() => this.pty === id && this.connect(), Math.min(10000, 250 * 2 ** Math.min(this.failures, 6)));
  }

  ended(text) {
    this.status.textContent = `${text} “New” starts another.`;
    this.pty = null;
    sessionStorage.removeItem("codetether.pty");
  }

  control(text) {
    let message = {};
    try { message = JSON.parse(text); } catch {}
    if (message.type === "cursor") this.cursor = message.cursor;
    else if (message.type === "gap") this.cursor = message.to ?? this.cursor;
    else if (message.type === "exit") this.exit = message.signal ? `Ended by signal ${message.signal}.` : `Ended with exit code ${message.code ?? 0}.`;
  }

  bytes(bytes) {
    this.cursor += bytes.length;
    const atEnd = this.view.scrollTop + this.view.clientHeight > this.view.scrollHeight - 30;
    this.screen.write(this.decoder.decode(bytes, { stream: true }));
    this.follow ||= atEnd;
    this.frame ||= requestAnimationFrame(() => {
      this.frame = 0;
      this.screen.draw();
      if (this.follow) this.view.scrollTop = this.view.scrollHeight;
      this.follow = false;
      this.heading.textContent = this.screen.title ? safe(this.screen.title) : "Terminal";
    });
  }

  send(text) {
    if (this.socket?.readyState === WebSocket.OPEN) this.socket.send(new TextEncoder().encode(text));
  }

  paste(text) {
    const plain = text.replaceAll("\r\n", "\r").replaceAll("\n", "\r").replaceAll("\x1b", "");
    this.send(this.screen.modes.paste ? `\x1b[200~${plain}\x1b[201~` : plain);
  }

  typed(event) {
    if (event.isComposing) return;
    if (this.input.value) this.send(this.input.value.replaceAll("\n", "\r"));
    this.input.value = "";
  }

  key(event) {
    if (event.isComposing) return;
    const { key, ctrlKey, altKey, metaKey, shiftKey } = event;
    let text = null;
    if (key === "Escape" && shiftKey) {
      event.preventDefault();
      return document.getElementById("prompt").focus();
    }
    if (ARROWS[key]) text = (this.screen.modes.cursorKeys && !ctrlKey ? "\x1bO" : ctrlKey ? "\x1b[1;5" : "\x1b[") + ARROWS[key];
    else if (key === "Tab" && shiftKey) text = "\x1b[Z";
    else if (KEYS[key]) text = (altKey ? "\x1b" : "") + KEYS[key];
    else if (ctrlKey && !metaKey && !shiftKey && key.length === 1) {
      if (key === " ") text = "\0";
      else if (/[a-z[\]\\^_@]/i.test(key)) text = String.fromCharCode(key.toUpperCase().charCodeAt(0) & 31);
    } else if (altKey && !ctrlKey && key.length === 1) text = "\x1b" + key;
    if (key === "c" && ctrlKey && !getSelection().isCollapsed && this.screenNode.contains(getSelection().anchorNode)) return;
    if (text === null) return;
    event.preventDefault();
    this.send(text);
  }

  fit() {
    if (this.node.hidden || !this.view.clientWidth) return;
    const probe = h("span", { class: "probe" }, "M".repeat(50));
    this.screenNode.append(probe);
    const { width } = probe.getBoundingClientRect();
    const height = parseFloat(getComputedStyle(this.screenNode).lineHeight) || 18;
    probe.remove();
    if (!width) return;
    const cols = Math.max(20, Math.min(400, Math.floor((this.view.clientWidth - 24) / (width / 50))));
    const rows = Math.max(4, Math.min(200, Math.floor((this.view.clientHeight - 14) / height)));
    const size = `${rows}x${cols}`;
    if (size === this.size) return;
    this.size = size;
    this.screen.resize(rows, cols);
    this.screen.draw();
    if (this.socket?.readyState === WebSocket.OPEN) this.socket.send(JSON.stringify({ type: "resize", rows, cols }));
  }
}
