// Elements. Text is always text: nothing in this page parses HTML that it did not ship with.

/** An element. `on…` are listeners, `class`, `aria-…`, `data-…` attributes, the rest properties; null children are left out. */
export function h(tag, props, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(props ?? {})) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (name === "class") node.className = value;
    else if (name.includes("-") || name === "role" || name === "for" || name === "colspan") {
      node.setAttribute(name, value === true ? "" : value);
    } else node[name] = value;
  }
  add(node, children);
  return node;
}

function add(node, children) {
  for (const child of children) {
    if (child === undefined || child === null || child === false) continue;
    if (Array.isArray(child)) add(node, child);
    else node.append(child);
  }
}

/** An icon of the page's symbols. */
export function icon(name) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  const use = document.createElementNS("http://www.w3.org/2000/svg", "use");
  use.setAttribute("href", `#i-${name}`);
  svg.setAttribute("aria-hidden", "true");
  svg.append(use);
  return svg;
}

export const $ = (id) => document.getElementById(id);

/** Puts children in the place of those there are. */
export function fill(node, ...children) {
  node.replaceChildren();
  add(node, children);
  return node;
}

// Controls, bidi overrides, invisible and tag characters: what could make text look like something else.
const HOSTILE =
  /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff\u{e0000}-\u{e007f}]/gu;

/** Text of models, tools and repositories, with what deceives made visible. */
export function safe(text) {
  return String(text ?? "").replaceAll("\r\n", "\n")
    .replace(HOSTILE, (c) => `\\u{${c.codePointAt(0).toString(16)}}`);
}

/** `text` cut to `limit` characters. */
export const clip = (text, limit) => (text.length > limit ? text.slice(0, limit - 1) + "…" : text);

/** A unified diff, a line each; with `isPlain` lines that only begin with their mark. The names of a single file are left out. */
export function diff(text, limit = 1200, isPlain = false) {
  const lines = safe(text).replace(/\n$/, "").split("\n");
  const kinds = { "+": "add", "-": "del", "@": "hunk", "\\": "hunk" };
  // Inside a hunk a line that begins with --- is a line that was taken out.
  let old = 0, now = 0;
  const marked = lines.map((line) => {
    const c = line[0];
    if (!isPlain && old <= 0 && now <= 0) {
      const hunk = /^@@ -\d+(?:,(\d+))? \+\d+(?:,(\d+))? @@/.exec(line);
      if (!hunk) return ["file", line];
      old = Number(hunk[1] ?? 1);
      now = Number(hunk[2] ?? 1);
      return ["hunk", line];
    }
    if (c !== "+" && c !== "\\") old -= 1;
    if (c !== "-" && c !== "\\") now -= 1;
    return [kinds[c] ?? "same", line];
  });
  const isOne = marked.filter(([kind, line]) => kind === "file" && line.startsWith("+++ ")).length < 2;
  const shown = marked.filter(([kind, line]) => !(isOne && kind === "file" && /^(---|\+\+\+) /.test(line)));
  return h("pre", { class: "diff", tabIndex: 0, "aria-label": "Changes" }, h("code", null,
    shown.slice(0, limit).map(([kind, line]) => h("span", { class: `line ${kind}` }, line + "\n")),
    shown.length > limit && h("span", { class: "line hunk" }, `… ${shown.length - limit} more lines`)));
}

/** A block of text that scrolls. */
export function block(text, limit = 40000) {
  const shown = safe(text);
  return h("pre", { class: "block", tabIndex: 0 }, h("code", { dir: "auto" },
    shown.length > limit ? shown.slice(0, limit) + `\n… ${shown.length - limit} more characters` : shown));
}

export function tokens(count) {
  if (count < 1000) return String(count);
  return count < 1e6 ? `${(count / 1000).toFixed(count < 1e4 ? 1 : 0)}k` : `${(count / 1e6).toFixed(2)}M`;
}

export const money = (usd) => `$${usd < 0.01 && usd > 0 ? usd.toFixed(4) : usd.toFixed(2)}`;

export function age(ms) {
  const seconds = (Date.now() - ms) / 1000;
  if (seconds < 60) return "now";
  if (seconds < 3600) return `${Math.floor(seconds / 60)}m`;
  if (seconds < 86400) return `${Math.floor(seconds / 3600)}h`;
  if (seconds < 86400 * 7) return `${Math.floor(seconds / 86400)}d`;
  return new Date(ms).toLocaleDateString(undefined, { month: "short", day: "numeric" });
}
