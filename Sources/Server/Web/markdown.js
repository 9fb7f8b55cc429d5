// Markdown as a model writes it, as elements. Every text goes through `safe` and becomes a text node; links are http, https or
// mailto; images and HTML are shown as text.
import { h, safe } from "./dom.js";

const LINK = /^(https?:\/\/|mailto:)[^\s<>"\u0000-\u0020]+$/i;

function link(label, url) {
  if (!LINK.test(url)) return [...label, ` (${url})`];
  return [h("a", { href: url, target: "_blank", rel: "noopener noreferrer" }, label)];
}

const INLINE =
  /(`+)([^`]|[^`][\s\S]*?[^`])\1(?!`)|\*\*(?=\S)([\s\S]*?\S)\*\*|__(?=\S)([\s\S]*?\S)__(?!\w)|(?<![\w*])\*(?=[^\s*])([^*]*?[^\s*])\*(?!\*)|(?<![\w_])_(?=[^\s_])([^_]*?[^\s_])_(?!\w)|~~(?=\S)([\s\S]*?\S)~~|!?\[([^\[\]]{0,500})\]\(\s*([^()\s]{1,2000}(?:\([^()\s]{0,200}\))?[^()\s]{0,200})(?:\s+"[^"]*")?\s*\)|(https?:\/\/[^\s<>()"'`\]]+[^\s<>()"'`\].,;:!?])|\\([\\`*_{}\[\]()#+\-.!~>|])/;

/** The nodes of a run of text. */
function inline(text, depth = 0) {
  const nodes = [];
  while (text) {
    const match = depth < 6 ? INLINE.exec(text.slice(0, 4000)) : null;
    if (!match) {
      nodes.push(text);
      break;
    }
    if (match.index) nodes.push(text.slice(0, match.index));
    const [all, , code, strong1, strong2, em1, em2, gone, label, url, bare, escaped] = match;
    const strong = strong1 ?? strong2, em = em1 ?? em2;
    if (code !== undefined) nodes.push(h("code", null, code.replace(/^ (.*) $/s, "$1")));
    else if (strong !== undefined) nodes.push(h("strong", null, inline(strong, depth + 1)));
    else if (em !== undefined) nodes.push(h("em", null, inline(em, depth + 1)));
    else if (gone !== undefined) nodes.push(h("del", null, inline(gone, depth + 1)));
    else if (label !== undefined) nodes.push(...link(inline(label, depth + 1), url));
    else if (bare !== undefined) nodes.push(...link([bare], bare));
    else nodes.push(escaped);
    text = text.slice(match.index + all.length);
  }
  return nodes;
}

const FENCE = /^ {0,3}(`{3,}(?=[^`]*$)|~{3,})\s*(.*?)\s*$/;
const ITEM = /^(\s*)([-*+]|\d{1,9}[.)])\s+/;
const RULE = /^ {0,3}([-*_])(\s*\1){2,}\s*$/;

/** The sources of the blocks of a text, so that only those that changed are made anew. */
export function split(text) {
  const blocks = [];
  let lines = [], fence = null;
  const flush = () => {
    if (lines.length) blocks.push(lines.join("\n"));
    lines = [];
  };
  for (const line of text.split("\n")) {
    const mark = FENCE.exec(line);
    if (fence) {
      lines.push(line);
      if (mark && mark[1][0] === fence[0] && mark[1].length >= fence.length && !mark[2]) {
        fence = null;
        flush();
      }
    } else if (mark && !(ITEM.test(lines[0] ?? "") && /^\s/.test(line))) {
      flush();
      fence = mark[1];
      lines.push(line);
    } else if (!line.trim()) {
      // A list goes on over an empty line when something indented or another item follows.
      if (lines.length && ITEM.test(lines[0])) lines.push(line);
      else flush();
    } else {
      const after = lines.length && !lines[lines.length - 1].trim();
      if (after && !/^\s/.test(line) && !ITEM.test(line)) flush();
      else if (/^#{1,6}\s/.test(line) || RULE.test(line)) flush();
      else if (lines.length && ITEM.test(line) && !ITEM.test(lines[0]) && !/^>/.test(lines[0])) flush();
      lines.push(line);
      if (/^#{1,6}\s/.test(line) && lines.length === 1) flush();
    }
  }
  flush();
  return blocks;
}

/** The element of one block. */
function block(source) {
  const lines = source.split("\n");
  const mark = FENCE.exec(lines[0]);
  if (mark) return fenced(lines, mark);
  const heading = /^(#{1,6})\s+(.*?)\s*#*$/.exec(lines[0]);
  if (heading && lines.length === 1) return h(`h${Math.min(6, heading[1].length + 2)}`, { dir: "auto" }, inline(heading[2]));
  if (RULE.test(source)) return h("hr");
  if (ITEM.test(lines[0])) return list(lines);
  if (lines.every((line) => /^ {0,3}>/.test(line))) {
    return h("blockquote", null, render(lines.map((line) => line.replace(/^ {0,3}> ?/, "")).join("\n"), 1));
  }
  if (lines.length > 1 && /^\s*\|?[\s:|-]*-[\s:|-]*$/.test(lines[1]) && lines[1].includes("|")) return table(lines);
  return h("p", { dir: "auto" }, inline(source));
}

let nesting = 0;
function render(text) {
  if (nesting > 8) return [text];
  nesting += 1;
  try { return split(text).map(block); } finally { nesting -= 1; }
}

function fenced(lines, mark) {
  const last = lines[lines.length - 1];
  const isClosed = lines.length > 1 && last.trim().startsWith(mark[1]);
  const code = lines.slice(1, isClosed ? -1 : undefined).join("\n");
  const info = mark[2];
  const language = info.split(/\s/)[0].replace(/[^\w+#.-]/g, "").slice(0, 20).toLowerCase();
  const copy = h("button", { type: "button", class: "copy", onclick: async () => {
    await navigator.clipboard?.writeText(code).catch(() => {});
    copy.textContent = "Copied";
    setTimeout(() => (copy.textContent = "Copy"), 1500);
  } }, "Copy");
  const body = language === "diff" || language === "patch"
    ? code.split("\n").map((line) => h("span", { class: `line ${{ "+": "add", "-": "del", "@": "hunk" }[line[0]] ?? "same"}` }, line + "\n"))
    : colour(code, language);
  return h("figure", { class: "code" }, h("figcaption", null, h("span", { dir: "auto" }, info || "text"), copy),
    h("pre", { tabIndex: 0, "aria-label": `Code, ${language || "text"}` }, h("code", null, body)));
}

const WORDS = new Set(
  ("as async await break case catch class const continue def default defer deinit del do elif else enum except export extends extension false " +
    "finally fn for from func function guard if impl import in init inout interface is lambda let match mod mut new nil none not null or " +
    "package pass private protocol pub public raise return self static struct super switch this throw throws trait true try type typealias " +
    "undefined use var void where while with yield then fi done esac echo export local").split(" "));
const HASH = new Set(["sh", "bash", "zsh", "shell", "console", "python", "py", "ruby", "rb", "yaml", "yml", "toml", "make", "makefile", "dockerfile", "perl", "r"]);

/** Comments, strings, numbers and words that most languages share. */
function colour(code, language) {
  if (code.length > 30000 || language === "text" || language === "") return [code];
  const comment = HASH.has(language) ? "#[^\\n]*" : "\\/\\/[^\\n]*|\\/\\*[\\s\\S]*?(?:\\*\\/|$)";
  const pattern = new RegExp(`(${comment})|("(?:[^"\\\\\\n]|\\\\.)*"?|'(?:[^'\\\\\\n]|\\\\.)*'?|\`(?:[^\`\\\\]|\\\\.)*\`?)|\\b(\\d[\\w.]*)|([A-Za-z_]\\w*)`, "g");
  const nodes = [];
  let last = 0;
  for (const match of code.matchAll(pattern)) {
    const kind = match[1] ? "c" : match[2] ? "s" : match[3] ? "n" : WORDS.has(match[4]) ? "k" : null;
    if (!kind) continue;
    if (match.index > last) nodes.push(code.slice(last, match.index));
    nodes.push(h("span", { class: `t-${kind}` }, match[0]));
    last = match.index + match[0].length;
  }
  nodes.push(code.slice(last));
  return nodes;
}

function list(lines) {
  const first = ITEM.exec(lines[0]);
  const indent = first[1].length, isOrdered = /\d/.test(first[2]);
  const items = [];
  for (const line of lines) {
    const item = ITEM.exec(line);
    if (item && item[1].length <= indent + 1 && /\d/.test(item[2]) === isOrdered) items.push([line.slice(item[0].length)]);
    else items[items.length - 1].push(line.replace(new RegExp(`^\\s{0,${indent + first[0].trimStart().length}}`), ""));
  }
  const node = h(isOrdered ? "ol" : "ul", null, items.map((item) => {
    const task = /^\[([ xX])\]\s+/.exec(item[0]);
    const text = task ? [item[0].slice(task[0].length), ...item.slice(1)] : item;
    const body = render(text.join("\n"));
    // A single paragraph needs no paragraph.
    const inner = body.length && body[0].tagName === "P" ? [...body[0].childNodes, ...body.slice(1)] : body;
    return h("li", { dir: "auto", class: task ? "task" : undefined }, task && (task[1] === " " ? "☐ " : "☑ "), inner);
  }));
  if (isOrdered) node.start = parseInt(first[2], 10);
  return node;
}

function table(lines) {
  const cells = (line) => line.trim().replace(/^\||\|$/g, "").split(/(?<!\\)\|/).map((cell) => cell.trim());
  const head = cells(lines[0]);
  // Cells beyond the head's go into the last column; nothing is dropped.
  const rows = lines.slice(2).map((line) => {
    const row = cells(line);
    return row.length > head.length ? [...row.slice(0, head.length - 1), row.slice(head.length - 1).join(" | ")] : row;
  });
  return h("div", { class: "table", tabIndex: 0 }, h("table", null,
    h("thead", null, h("tr", null, head.map((cell) => h("th", { dir: "auto" }, inline(cell))))),
    h("tbody", null, rows.map((row) => h("tr", null, row.map((cell) => h("td", { dir: "auto" }, inline(cell))))))));
}

/** Shows a text that grows: blocks that did not change keep their elements. */
export class MarkdownView {
  constructor() {
    this.node = h("div", { class: "prose" });
    this.sources = [];
  }

  update(text) {
    const sources = split(safe(text));
    let same = 0;
    while (same < sources.length && same < this.sources.length && sources[same] === this.sources[same]) same += 1;
    while (this.node.childNodes.length > same) this.node.lastChild.remove();
    for (const source of sources.slice(same)) this.node.append(block(source));
    this.sources = sources;
  }
}
