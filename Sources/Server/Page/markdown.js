// Markdown to DOM nodes: paragraphs, headings, lists, quotes, tables, fenced code, emphasis, code, links. Raw HTML stays text,
// links only go to http(s) and mailto. Linear: each line and each inline character is looked at a bounded number of times.
import { h, visible } from "./dom.js";

export function markdown(source) {
  const lines = visible(source).split("\n");
  const box = h("div.prose");
  let i = 0;
  while (i < lines.length) {
    const line = lines[i];
    const fence = /^ {0,3}(`{3,}|~{3,})\s*([\w+#.-]*)/.exec(line);
    if (fence) {
      const body = [];
      for (i += 1; i < lines.length && !lines[i].trimStart().startsWith(fence[1]); i += 1) body.push(lines[i]);
      i += 1;
      box.append(code(body.join("\n"), fence[2]));
      continue;
    }
    if (!line.trim()) { i += 1; continue; }
    const heading = /^(#{1,6}) (.*)$/.exec(line);
    if (heading) { box.append(h(`h${Math.min(6, heading[1].length + 1)}`, {}, ...inline(heading[2]))); i += 1; continue; }
    if (/^ {0,3}(?:(?:\* *){3,}|(?:- *){3,}|(?:_ *){3,})$/.test(line)) { box.append(h("hr")); i += 1; continue; }
    if (line.startsWith(">")) {
      const body = [];
      for (; i < lines.length && lines[i].startsWith(">"); i += 1) body.push(lines[i].replace(/^> ?/, ""));
      box.append(h("blockquote", {}, paragraph(body)));
      continue;
    }
    if (item(line)) { i = list(lines, i, box); continue; }
    if (line.includes("|") && /^[\s|:-]+$/.test(lines[i + 1] ?? "") && (lines[i + 1] ?? "").includes("-")) { i = table(lines, i, box); continue; }
    const body = [];
    for (; i < lines.length && lines[i].trim() && !/^ {0,3}(```|~~~|#{1,6} |>)/.test(lines[i]) && !(body.length && item(lines[i])); i += 1) body.push(lines[i]);
    if (body.length) box.append(paragraph(body)); else { box.append(paragraph([line])); i += 1; }
  }
  return box;
}

const item = (line) => /^(\s*)([-*+]|\d{1,9}[.)])\s+(.*)$/.exec(line);
const paragraph = (lines) => h("p", {}, ...inline(lines.join("\n")));

function list(lines, start, box) {
  const first = item(lines[start]);
  const ordered = /\d/.test(first[2]);
  const element = h(ordered ? "ol" : "ul", ordered && parseInt(first[2]) !== 1 ? { start: String(parseInt(first[2])) } : {});
  const depth = first[1].length;
  let i = start;
  let last = null;
  while (i < lines.length) {
    const match = item(lines[i]);
    if (match && match[1].length > depth + 1 && last && match[1].length < 40) { i = list(lines, i, last); continue; }
    if (match && match[1].length >= depth) { last = h("li", {}, ...inline(match[3])); element.append(last); i += 1; continue; }
    if (last && lines[i].trim() && /^\s{2,}/.test(lines[i]) && !match) { last.append("\n", ...inline(lines[i].trim())); i += 1; continue; }
    break;
  }
  box.append(element);
  return i;
}

function table(lines, start, box) {
  const cells = (line) => line.replace(/^\s*\|/, "").replace(/\|\s*$/, "").split("|").map((cell) => cell.trim());
  const body = h("tbody");
  let i = start + 2;
  for (; i < lines.length && lines[i].includes("|"); i += 1) body.append(h("tr", {}, cells(lines[i]).map((cell) => h("td", {}, ...inline(cell)))));
  box.append(h("table", {}, h("thead", {}, h("tr", {}, cells(lines[start]).map((cell) => h("th", {}, ...inline(cell))))), body));
  return i;
}

export function code(text, language = "") {
  const button = h("button", { type: "button", "aria-label": "Copy code", onclick: async () => {
    await navigator.clipboard?.writeText(text);
    button.textContent = "copied";
  } }, "copy");
  return h("div.code", {}, h("pre", { tabindex: "0", "aria-label": language ? `${language} code` : "code" }, h("code", { text })), button);
}

function inline(text) {
  if (text.length > 20000) return [text]; // the pattern below may look at a character more than once
  const out = [];
  const token = /(`+)([^`]|[^`].*?[^`])\1(?!`)|\*\*([^*]+)\*\*|__([^_]+)__|\*([^*\s][^*]*)\*|~~([^~]+)~~|\[([^\]]+)\]\(([^)\s]+)\)|(https?:\/\/[^\s<>"')\]]+)/gs;
  let at = 0;
  for (const match of text.matchAll(token)) {
    if (match.index > at) out.push(text.slice(at, match.index));
    at = match.index + match[0].length;
    if (match[2] !== undefined) out.push(h("code", { text: match[2] }));
    else if (match[3] ?? match[4]) out.push(h("strong", { text: match[3] ?? match[4] }));
    else if (match[5]) out.push(h("em", { text: match[5] }));
    else if (match[6]) out.push(h("del", { text: match[6] }));
    else out.push(link(match[7] ?? match[9], match[8] ?? match[9]));
  }
  if (at < text.length) out.push(text.slice(at));
  return out;
}

// The address is shown beside a text that says something else: a link may not lie about where it goes.
function link(label, href) {
  if (!/^(https?:|mailto:)/i.test(href)) return document.createTextNode(`${label} (${href})`);
  const a = h("a", { href, rel: "noopener noreferrer nofollow", target: "_blank", text: label });
  return label === href ? a : h("span", {}, a, ` (${href})`);
}
