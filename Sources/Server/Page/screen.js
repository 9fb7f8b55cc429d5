// A terminal screen: the part of xterm that shells, editors and pagers use. A value with no DOM in it: write(text) changes
// rows of cells. Every sequence it does not know is skipped; nothing that arrives can make it answer or grow without bound.
const BLANK = Object.freeze({ c: " ", a: "" });
const SCROLLBACK = 2000;

export class Screen {
  rows; columns; x = 0; y = 0; top = 0; bottom; history = []; lines; cursor = true; title = "";
  applicationKeys = false; bracketedPaste = false;
  #attributes = { fg: "", bg: "", bold: false, dim: false, italic: false, underline: false, inverse: false };
  #key = ""; #saved = null; #other = null; #state = "text"; #sequence = ""; #wrap = false; #graphics = false;

  constructor(rows = 24, columns = 80) {
    this.rows = rows; this.columns = columns; this.bottom = rows - 1;
    this.lines = Array.from({ length: rows }, () => this.#blank());
  }

  #blank() { return Array(this.columns).fill(BLANK); }

  resize(rows, columns) {
    for (const line of [...this.lines, ...(this.#other?.lines ?? [])]) { while (line.length < columns) line.push(BLANK); line.length = columns; }
    this.columns = columns;
    const fit = (lines, keep) => {
      while (lines.length > rows) { const gone = lines.shift(); if (keep) this.#remember(gone); if (keep && this.y > 0) this.y -= 1; }
      while (lines.length < rows) lines.push(this.#blank());
    };
    fit(this.lines, !this.#other);
    if (this.#other) fit(this.#other.lines, false);
    this.rows = rows; this.top = 0; this.bottom = rows - 1;
    this.x = Math.min(this.x, columns - 1); this.y = Math.min(this.y, rows - 1);
  }

  #remember(line) { this.history.push(line); if (this.history.length > SCROLLBACK) this.history.shift(); }

  write(text) { for (const c of text) this.#put(c); }

  #put(c) {
    switch (this.#state) {
    case "text": return this.#text(c);
    case "escape": return this.#escape(c);
    case "csi":
      if (c >= "@" && c <= "~") { this.#state = "text"; this.#csi(this.#sequence, c); } else if (c === "\x1b") this.#state = "escape";
      else if (this.#sequence.length < 100) this.#sequence += c;
      return undefined;
    case "osc":
      if (c === "\x07" || c === "\x1b") { this.#state = c === "\x1b" ? "string-end" : "text"; this.#osc(this.#sequence); } else if (this.#sequence.length < 500) this.#sequence += c;
      return undefined;
    case "string": if (c === "\x1b") this.#state = "string-end"; else if (c === "\x07") this.#state = "text"; return undefined;
    case "string-end": this.#state = "text"; if (c !== "\\") this.#escape(c); return undefined;
    case "charset": this.#graphics = c === "0"; this.#state = "text"; return undefined;
    default: this.#state = "text"; return undefined;
    }
  }

  #text(c) {
    const code = c.codePointAt(0);
    if (code >= 32 && code !== 127 && !(code >= 0x80 && code < 0xa0)) {
      if (this.#wrap) { this.#wrap = false; this.x = 0; this.#feed(); }
      const shown = this.#graphics ? ({ q: "─", x: "│", l: "┌", k: "┐", m: "└", j: "┘", t: "├", u: "┤", v: "┴", w: "┬", n: "┼", a: "▒" }[c] ?? c) : c;
      if (/\p{M}|\u200d/u.test(c) && this.x > 0) { // a mark joins the character before it
        const cell = this.lines[this.y][this.x - 1];
        if (cell.c.length < 16) this.lines[this.y][this.x - 1] = { c: cell.c + c, a: cell.a };
        return;
      }
      const wide = code >= 0x1100 && /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|[\u{1f300}-\u{1faff}\u{20000}-\u{3fffd}]/u.test(c);
      this.lines[this.y][this.x] = { c: shown, a: this.#key };
      this.x += 1;
      if (wide && this.x < this.columns) { this.lines[this.y][this.x] = { c: "", a: this.#key }; this.x += 1; }
      if (this.x >= this.columns) { this.x = this.columns - 1; this.#wrap = true; }
      return;
    }
    if (c === "\x1b") { this.#state = "escape"; return; }
    if (c === "\r") { this.x = 0; this.#wrap = false; } else if (c === "\n" || c === "\v" || c === "\f") { this.#wrap = false; this.#feed(); } else if (c === "\b") { this.x = Math.max(0, this.x - 1); this.#wrap = false; } else if (c === "\t") this.x = Math.min(this.columns - 1, (this.x & ~7) + 8);
  }

  #feed() {
    if (this.y !== this.bottom) { this.y = Math.min(this.rows - 1, this.y + 1); return; }
    this.#scroll(1);
  }

  #scroll(count) {
    for (let i = 0; i < Math.min(count, this.rows); i += 1) {
      const gone = this.lines.splice(this.top, 1)[0];
      if (this.top === 0 && !this.#other) this.#remember(gone);
      this.lines.splice(this.bottom, 0, this.#blank());
    }
  }

  #scrollDown(count, from = this.top) {
    for (let i = 0; i < Math.min(count, this.rows); i += 1) { this.lines.splice(this.bottom, 1); this.lines.splice(from, 0, this.#blank()); }
  }

  #escape(c) {
    this.#state = "text";
    switch (c) {
    case "[": this.#state = "csi"; this.#sequence = ""; break;
    case "]": this.#state = "osc"; this.#sequence = ""; break;
    case "P": case "X": case "^": case "_": this.#state = "string"; break;
    case "(": case ")": this.#state = "charset"; break;
    case "7": this.#saved = { x: this.x, y: this.y, attributes: { ...this.#attributes } }; break;
    case "8": this.#restore(); break;
    case "D": this.#feed(); break;
    case "E": this.x = 0; this.#feed(); break;
    case "M": if (this.y === this.top) this.#scrollDown(1); else this.y = Math.max(0, this.y - 1); break;
    case "c": Object.assign(this, new Screen(this.rows, this.columns)); this.#reset(); break;
    default: break;
    }
  }

  #restore() {
    if (!this.#saved) return;
    this.x = Math.min(this.#saved.x, this.columns - 1); this.y = Math.min(this.#saved.y, this.rows - 1);
    this.#attributes = { ...this.#saved.attributes }; this.#update();
  }

  #reset() { this.#attributes = { fg: "", bg: "", bold: false, dim: false, italic: false, underline: false, inverse: false }; this.#update(); }

  #osc(text) { const match = /^[012];(.*)$/s.exec(text); if (match) this.title = match[1].slice(0, 200); }

  #csi(text, final) {
    const mark = /^[?>=!]/.test(text) ? text[0] : "";
    const numbers = text.slice(mark.length).split(/[;:]/).map((part) => Math.min(parseInt(part, 10) || 0, 9999));
    const n = Math.max(1, numbers[0]);
    if (mark === "?") { if (final === "h" || final === "l") for (const mode of numbers) this.#mode(mode, final === "h"); return; }
    if (mark) return;
    this.#wrap = false;
    const line = this.lines[this.y];
    const fill = (from, to) => { for (let i = Math.max(0, from); i < Math.min(to, this.columns); i += 1) line[i] = { c: " ", a: this.#key && this.#attributes.bg ? `bg:${this.#attributes.bg}` : "" }; };
    switch (final) {
    case "A": this.y = Math.max(this.y >= this.top ? this.top : 0, this.y - n); break;
    case "B": case "e": this.y = Math.min(this.y <= this.bottom ? this.bottom : this.rows - 1, this.y + n); break;
    case "C": case "a": this.x = Math.min(this.columns - 1, this.x + n); break;
    case "D": this.x = Math.max(0, this.x - n); break;
    case "E": this.y = Math.min(this.rows - 1, this.y + n); this.x = 0; break;
    case "F": this.y = Math.max(0, this.y - n); this.x = 0; break;
    case "G": case "`": this.x = Math.min(this.columns - 1, n - 1); break;
    case "d": this.y = Math.min(this.rows - 1, n - 1); break;
    case "H": case "f": this.y = Math.min(this.rows - 1, n - 1); this.x = Math.min(this.columns - 1, Math.max(1, numbers[1] ?? 1) - 1); break;
    case "J":
      if (numbers[0] === 0) { fill(this.x, this.columns); for (let i = this.y + 1; i < this.rows; i += 1) this.lines[i] = this.#blank(); } else if (numbers[0] === 1) { fill(0, this.x + 1); for (let i = 0; i < this.y; i += 1) this.lines[i] = this.#blank(); } else { for (let i = 0; i < this.rows; i += 1) this.lines[i] = this.#blank(); if (numbers[0] === 3) this.history = []; }
      break;
    case "K": if (numbers[0] === 0) fill(this.x, this.columns); else if (numbers[0] === 1) fill(0, this.x + 1); else fill(0, this.columns); break;
    case "L": if (this.y >= this.top && this.y <= this.bottom) this.#scrollDown(n, this.y); break;
    case "M": if (this.y >= this.top && this.y <= this.bottom) for (let i = 0; i < Math.min(n, this.rows); i += 1) { this.lines.splice(this.y, 1); this.lines.splice(this.bottom, 0, this.#blank()); } break;
    case "P": line.splice(this.x, Math.min(n, this.columns)); while (line.length < this.columns) line.push(BLANK); break;
    case "@": line.splice(this.x, 0, ...Array(Math.min(n, this.columns)).fill(BLANK)); line.length = this.columns; break;
    case "X": fill(this.x, this.x + n); break;
    case "S": this.#scroll(n); break;
    case "T": this.#scrollDown(n); break;
    case "r":
      this.top = Math.min(this.rows - 1, Math.max(1, numbers[0]) - 1);
      this.bottom = Math.min(this.rows, numbers[1] || this.rows) - 1;
      if (this.bottom <= this.top) { this.top = 0; this.bottom = this.rows - 1; }
      this.x = 0; this.y = 0;
      break;
    case "s": this.#saved = { x: this.x, y: this.y, attributes: { ...this.#attributes } }; break;
    case "u": this.#restore(); break;
    case "m": this.#graphicsMode(numbers); break;
    default: break;
    }
  }

  #mode(mode, on) {
    if (mode === 25) this.cursor = on;
    else if (mode === 1) this.applicationKeys = on;
    else if (mode === 2004) this.bracketedPaste = on;
    else if (mode === 1049 || mode === 47 || mode === 1047) {
      if (on && !this.#other) { this.#other = { lines: this.lines, x: this.x, y: this.y }; this.lines = Array.from({ length: this.rows }, () => this.#blank()); } else if (!on && this.#other) { ({ lines: this.lines, x: this.x, y: this.y } = this.#other); this.#other = null; }
      this.top = 0; this.bottom = this.rows - 1;
    }
  }

  #graphicsMode(numbers) {
    const a = this.#attributes;
    for (let i = 0; i < numbers.length; i += 1) {
      const n = numbers[i];
      if (n === 0) { this.#reset(); Object.assign(a, this.#attributes); } else if (n === 1) a.bold = true; else if (n === 2) a.dim = true; else if (n === 3) a.italic = true; else if (n === 4) a.underline = true; else if (n === 7) a.inverse = true;
      else if (n === 22) { a.bold = false; a.dim = false; } else if (n === 23) a.italic = false; else if (n === 24) a.underline = false; else if (n === 27) a.inverse = false;
      else if (n >= 30 && n <= 37) a.fg = palette(n - 30); else if (n >= 90 && n <= 97) a.fg = palette(n - 82); else if (n === 39) a.fg = "";
      else if (n >= 40 && n <= 47) a.bg = palette(n - 40); else if (n >= 100 && n <= 107) a.bg = palette(n - 92); else if (n === 49) a.bg = "";
      else if (n === 38 || n === 48) {
        const colour = numbers[i + 1] === 5 ? palette(numbers[i + 2] ?? 0) : numbers[i + 1] === 2 ? `rgb(${[2, 3, 4].map((k) => Math.min(255, numbers[i + k] ?? 0)).join(",")})` : "";
        i += numbers[i + 1] === 5 ? 2 : 4;
        if (n === 38) a.fg = colour; else a.bg = colour;
      }
    }
    this.#attributes = { ...a };
    this.#update();
  }

  #update() {
    const a = this.#attributes;
    this.#key = [a.fg && `fg:${a.fg}`, a.bg && `bg:${a.bg}`, a.bold && "bold", a.dim && "dim", a.italic && "italic", a.underline && "underline", a.inverse && "inverse"].filter(Boolean).join("|");
  }
}

const BASE = ["#1c2128", "#f87171", "#4ade80", "#facc15", "#60a5fa", "#c084fc", "#22d3ee", "#d1d5db", "#6b7280", "#fca5a5", "#86efac", "#fde047", "#93c5fd", "#d8b4fe", "#67e8f9", "#ffffff"];
function palette(n) {
  if (n < 16) return BASE[n];
  if (n > 231) { const grey = 8 + (Math.min(n, 255) - 232) * 10; return `rgb(${grey},${grey},${grey})`; }
  const level = (k) => (k === 0 ? 0 : 55 + 40 * k);
  const m = n - 16;
  return `rgb(${level(Math.floor(m / 36))},${level(Math.floor(m / 6) % 6)},${level(m % 6)})`;
}
