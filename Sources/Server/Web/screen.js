// What a terminal shows: enough of VT220 and xterm for shells, editors and pagers. No elements here but those of the rows.
const HISTORY = 2000;
const WIDE = /[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{1f300}-\u{1faff}\u{20000}-\u{3fffd}]/u;
const MARK = /\p{M}|\u200d|\ufe0f/u;
const PLAIN = "";

export class Screen {
  /** `send(text)` answers the program's questions. */
  constructor(node, send) {
    Object.assign(this, { node, send, rows: 24, cols: 80, title: "" });
    this.reset();
  }

  reset() {
    this.node.replaceChildren();
    this.lines = Array.from({ length: this.rows }, () => this.blank());
    this.history = 0;
    this.past = [];
    this.saved = null;
    this.alternate = null;
    this.modes = { cursorKeys: false, paste: false, cursor: true };
    Object.assign(this, { row: 0, col: 0, style: PLAIN, pen: {}, top: 0, bottom: this.rows - 1, state: "text", buffer: "", last: " " });
    this.dirty = true;
  }

  blank() { return { cells: [], node: null }; }

  resize(rows, cols) {
    if (rows === this.rows && cols === this.cols) return;
    while (this.lines.length > rows) {
      if (this.row < this.lines.length - 1 && !this.lines.at(-1).cells.length) this.drop(this.lines.pop());
      else {
        this.scrollOff(this.lines.shift());
        this.row = Math.max(0, this.row - 1);
      }
    }
    while (this.lines.length < rows) this.lines.push(this.blank());
    Object.assign(this, { rows, cols, top: 0, bottom: rows - 1, row: Math.min(this.row, rows - 1), col: Math.min(this.col, cols - 1) });
  }

  drop(line) { line.node?.remove(); }

  /** A line that leaves at the top stays above, up to a bound. Its element is made when the screen is drawn. */
  scrollOff(line) {
    if (this.alternate) return this.drop(line);
    this.past.push(line);
    if (this.past.length > HISTORY) this.drop(this.past.shift());
  }

  write(text) {
    for (const c of text) this.take(c);
  }

  take(c) {
    if (this.state === "text") {
      if (c === "\x1b") this.state = "esc";
      else if (c < " " || c === "\x7f") this.control(c);
      else if (c >= "\x80" && c < "\xa0") return;
      else this.put(c);
    } else if (this.state === "esc") {
      this.buffer = "";
      if (c === "[") this.state = "csi";
      else if (c === "]") this.state = "osc";
      else if ("PX^_".includes(c)) this.state = "skip";
      else if ("()*+#% ".includes(c)) this.state = "one";
      else {
        this.state = "text";
        this.escape(c);
      }
    } else if (this.state === "one") this.state = "text";
    else if (this.state === "csi") {
      if (c === "\x1b") this.state = "esc";
      else if (c >= "@" && c <= "~") {
        this.state = "text";
        this.csi(c, this.buffer);
      } else if (c < " ") this.control(c);
      else if (this.buffer.length < 200) this.buffer += c;
    } else if (c === "\x07" || c === "\x9c" || (this.escaped && c === "\\")) {
      if (this.state === "osc") this.osc(this.buffer);
      this.state = "text";
      this.escaped = false;
    } else {
      this.escaped = c === "\x1b";
      if (!this.escaped && this.buffer.length < 1000) this.buffer += c;
    }
  }

  control(c) {
    switch (c) {
      case "\n": case "\v": case "\f": return this.index();
      case "\r": this.col = 0; return;
      case "\b": this.col = Math.max(0, Math.min(this.col, this.cols - 1) - 1); return;
      case "\t": this.col = Math.min(this.cols - 1, (Math.floor(this.col / 8) + 1) * 8); return;
    }
  }

  escape(c) {
    switch (c) {
      case "7": this.saved = { row: this.row, col: this.col, style: this.style, pen: { ...this.pen } }; return;
      case "8": Object.assign(this, this.saved ?? { row: 0, col: 0 }); return;
      case "D": return this.index();
      case "E": this.col = 0; return this.index();
      case "M": return this.row === this.top ? this.scroll(-1) : void (this.row = Math.max(0, this.row - 1));
      case "c": return this.reset();
    }
  }

  osc(text) {
    const [, code, title] = /^(\d+);(.*)$/s.exec(text) ?? [];
    if (code === "0" || code === "2") this.title = title.slice(0, 200);
  }

  index() {
    if (this.row === this.bottom) this.scroll(1);
    else this.row = Math.min(this.rows - 1, this.row + 1);
  }

  /** Moves the region's lines up, or down for a negative count. */
  scroll(count) {
    for (let i = 0; i < Math.min(Math.abs(count), this.rows); i++) {
      if (count > 0) {
        const [line] = this.lines.splice(this.top, 1);
        this.lines.splice(this.bottom, 0, this.blank());
        if (this.top === 0 && this.bottom === this.rows - 1) this.scrollOff(line);
        else this.drop(line);
      } else {
        this.drop(this.lines.splice(this.bottom, 1)[0]);
        this.lines.splice(this.top, 0, this.blank());
      }
    }
  }

  cells(row = this.row) {
    const line = this.lines[row];
    line.changed = true;
    return line.cells;
  }

  put(c) {
    if (MARK.test(c)) {
      const cell = this.cells()[this.col - 1];
      if (cell && cell[0].length < 20) cell[0] += c;
      return;
    }
    const width = c >= "\u1100" && WIDE.test(c) ? 2 : 1;
    if (this.col + width > this.cols) {
      this.col = 0;
      this.index();
    }
    const cells = this.cells();
    while (cells.length < this.col) cells.push([" ", PLAIN]);
    cells[this.col] = [c, this.style];
    if (width === 2) cells[this.col + 1] = ["", this.style];
    this.col += width;
    this.last = c;
  }

  erase(row, from, to) {
    const cells = this.cells(row);
    if (to >= cells.length && !this.style) cells.length = Math.min(cells.length, from);
    else for (let i = from; i < Math.min(to, this.cols); i++) {
      while (cells.length < i) cells.push([" ", PLAIN]);
      cells[i] = [" ", this.style];
    }
  }

  csi(final, text) {
    const mark = /^[?>=!]/.exec(text)?.[0] ?? "";
    const params = text.slice(mark.length).split(/[;:]/).map((part) => parseInt(part, 10) || 0);
    const n = Math.max(1, Math.min(params[0] || 1, 1000));
    const at = (value, limit) => Math.max(0, Math.min(limit - 1, value));
    if (mark === "?" && (final === "h" || final === "l")) return params.forEach((mode) => this.mode(mode, final === "h"));
    if (mark && final !== "J" && final !== "K") return;
    switch (final) {
      case "A": this.row = at(this.row - n, this.rows); return;
      case "B": case "e": this.row = at(this.row + n, this.rows); return;
      case "C": case "a": this.col = at(this.col + n, this.cols); return;
      case "D": this.col = at(this.col - n, this.cols); return;
      case "E": this.row = at(this.row + n, this.rows); this.col = 0; return;
      case "F": this.row = at(this.row - n, this.rows); this.col = 0; return;
      case "G": case "`": this.col = at(n - 1, this.cols); return;
      case "d": this.row = at(n - 1, this.rows); return;
      case "H": case "f": this.row = at(n - 1, this.rows); this.col = at((params[1] || 1) - 1, this.cols); return;
      case "J": {
        const what = params[0];
        if (what === 3) {
          for (const line of this.past) this.drop(line);
          this.past = [];
          while (this.history) { this.node.firstElementChild.remove(); this.history -= 1; }
          return;
        }
        if (what === 0) this.erase(this.row, this.col, this.cols);
        if (what === 1) this.erase(this.row, 0, this.col + 1);
        const [from, to] = what === 0 ? [this.row + 1, this.rows] : what === 1 ? [0, this.row] : [0, this.rows];
        for (let row = from; row < to; row++) this.erase(row, 0, this.cols);
        return;
      }
      case "K": return this.erase(this.row, params[0] ? 0 : this.col, params[0] === 1 ? this.col + 1 : this.cols);
      case "X": return this.erase(this.row, this.col, this.col + n);
      case "P": this.cells().splice(this.col, n); return;
      case "@": {
        const cells = this.cells();
        while (cells.length < this.col) cells.push([" ", PLAIN]);
        cells.splice(this.col, 0, ...Array.from({ length: Math.min(n, this.cols) }, () => [" ", this.style]));
        cells.length = Math.min(cells.length, this.cols);
        return;
      }
      case "L": case "M": {
        if (this.row < this.top || this.row > this.bottom) return;
        const top = this.top;
        this.top = this.row;
        const alternate = this.alternate;
        this.alternate = alternate ?? {};
        this.scroll(final === "L" ? -n : n);
        this.alternate = alternate;
        this.top = top;
        return;
      }
      case "S": return this.scroll(n);
      case "T": return this.scroll(-n);
      case "b": for (let i = 0; i < n; i++) this.put(this.last); return;
      case "r":
        this.top = at((params[0] || 1) - 1, this.rows);
        this.bottom = at((params[1] || this.rows) - 1, this.rows);
        if (this.top >= this.bottom) Object.assign(this, { top: 0, bottom: this.rows - 1 });
        this.row = this.col = 0;
        return;
      case "s": return this.escape("7");
      case "u": return this.escape("8");
      case "n": if (params[0] === 6) this.send(`\x1b[${this.row + 1};${this.col + 1}R`); else if (params[0] === 5) this.send("\x1b[0n"); return;
      case "c": return this.send("\x1b[?62;22c");
      case "m": return this.colour(params);
    }
  }

  mode(mode, on) {
    if (mode === 1) this.modes.cursorKeys = on;
    else if (mode === 25) this.modes.cursor = on;
    else if (mode === 2004) this.modes.paste = on;
    else if (mode === 1049 || mode === 47 || mode === 1047) {
      if (on === !!this.alternate) return;
      for (const line of this.lines) this.drop(line);
      if (on) {
        this.alternate = { lines: this.lines, row: this.row, col: this.col };
        this.lines = Array.from({ length: this.rows }, () => this.blank());
        this.row = this.col = 0;
      } else {
        const { lines, row, col } = this.alternate;
        this.alternate = null;
        for (const line of lines) Object.assign(line, { node: null, changed: true });
        while (lines.length > this.rows) lines.shift();
        while (lines.length < this.rows) lines.push(this.blank());
        Object.assign(this, { lines, row: Math.min(row, this.rows - 1), col: Math.min(col, this.cols - 1) });
      }
    }
  }

  colour(params) {
    const pen = this.pen;
    for (let i = 0; i < params.length; i++) {
      const p = params[i];
      if (p === 0) for (const key in pen) delete pen[key];
      else if (p === 1) pen.b = 1;
      else if (p === 2) pen.d = 1;
      else if (p === 3) pen.i = 1;
      else if (p === 4) pen.u = 1;
      else if (p === 7) pen.r = 1;
      else if (p === 9) pen.x = 1;
      else if (p === 22) delete pen.b, delete pen.d;
      else if (p === 23) delete pen.i;
      else if (p === 24) delete pen.u;
      else if (p === 27) delete pen.r;
      else if (p === 29) delete pen.x;
      else if (p >= 30 && p <= 37) pen.f = p - 30;
      else if (p >= 90 && p <= 97) pen.f = p - 82;
      else if (p >= 40 && p <= 47) pen.g = p - 40;
      else if (p >= 100 && p <= 107) pen.g = p - 92;
      else if (p === 39) delete pen.f;
      else if (p === 49) delete pen.g;
      else if (p === 38 || p === 48) {
        const key = p === 38 ? "f" : "g";
        if (params[i + 1] === 5) { pen[key] = this.indexed(params[i + 2] ?? 0); i += 2; }
        else if (params[i + 1] === 2) { pen[key] = `rgb(${[1, 2, 3].map((k) => Math.min(255, params[i + 1 + k] ?? 0)).join(" ")})`; i += 4; }
      }
    }
    this.style = Object.keys(pen).length ? JSON.stringify(pen) : PLAIN;
  }

  indexed(n) {
    if (n < 16) return n;
    if (n > 231) return `rgb(${[0, 0, 0].fill(8 + (Math.min(n, 255) - 232) * 10).join(" ")})`;
    const level = (v) => (v ? 55 + v * 40 : 0);
    return `rgb(${level(Math.floor((n - 16) / 36))} ${level(Math.floor((n - 16) / 6) % 6)} ${level((n - 16) % 6)})`;
  }

  /** Brings the elements up to date; call once a frame. */
  draw() {
    if (this.past.length) {
      for (const line of this.past) this.drop(line);
      const after = this.node.children[this.history] ?? null;
      for (const line of this.past) {
        this.paint(line, -1);
        this.node.insertBefore(line.node, after);
      }
      this.history += this.past.length;
      this.past = [];
      for (; this.history > HISTORY; this.history -= 1) this.node.firstElementChild.remove();
    }
    let before = this.history ? this.node.children[this.history - 1] : null;
    this.lines.forEach((line, row) => {
      const cursor = this.modes.cursor && row === this.row ? Math.min(this.col, this.cols - 1) : -1;
      if (!line.node || line.changed || line.cursor !== cursor) this.paint(line, cursor);
      const place = before ? before.nextElementSibling : this.node.firstElementChild;
      if (place !== line.node) this.node.insertBefore(line.node, place);
      before = line.node;
    });
  }

  paint(line, cursor) {
    line.node ??= document.createElement("div");
    line.changed = false;
    line.cursor = cursor;
    const nodes = [];
    let text = "", style = PLAIN;
    const flush = () => {
      if (text) nodes.push(style ? this.span(text, style) : text);
      text = "";
    };
    const count = Math.max(line.cells.length, cursor + 1);
    for (let i = 0; i < count; i++) {
      const [c, s] = line.cells[i] ?? [" ", PLAIN];
      if (i === cursor) {
        flush();
        const span = this.span(c || " ", s);
        span.classList.add("cursor");
        nodes.push(span);
        continue;
      }
      if (s !== style) flush();
      style = s;
      text += c;
    }
    flush();
    line.node.replaceChildren(...(nodes.length ? nodes : ["\u00a0"]));
  }

  span(text, style) {
    const span = document.createElement("span");
    span.textContent = text;
    if (!style) return span;
    const pen = JSON.parse(style);
    for (const key of "bdiurx") if (pen[key]) span.classList.add(`v-${key}`);
    if (typeof pen.f === "number") span.classList.add(`f-${pen.f}`);
    else if (pen.f) span.style.color = pen.f;
    if (typeof pen.g === "number") span.classList.add(`g-${pen.g}`);
    else if (pen.g) span.style.backgroundColor = pen.g;
    return span;
  }
}
