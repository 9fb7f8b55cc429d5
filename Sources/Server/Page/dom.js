// The only way text gets into the page: as text nodes. Nothing here or elsewhere sets innerHTML, so what a model,
// a tool or a repository says can never become markup.

/** h("a.link", {href: "…", onclick: f}, "text", child…): an element. Unknown values (null, false) are left out. */
export function h(selector, attributes = {}, ...children) {
  const [tag, ...classes] = selector.split(".");
  const element = document.createElement(tag || "div");
  if (classes.length) element.className = classes.join(" ");
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name === "text") element.textContent = value;
    else if (name in element && typeof value !== "string") element[name] = value;
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

export const $ = (id) => document.getElementById(id);

// Characters that could hide or reorder text (controls, bidi, zero width) are shown as escapes, as in the terminal.
const hostile = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g;
export const visible = (text) =>
  String(text ?? "").replace(/\r\n/g, "\n").replace(hostile, (c) => `\\u{${c.codePointAt(0).toString(16)}}`);

export function when(ms) {
  const minutes = Math.round((Date.now() - ms) / 60000);
  if (minutes < 1) return "now";
  if (minutes < 60) return `${minutes} min ago`;
  if (minutes < 1440) return `${Math.round(minutes / 60)} h ago`;
  return new Date(ms).toLocaleDateString();
}

/** A unified diff with coloured lines; at most 2,000 of them. */
export function diffView(patch) {
  const lines = visible(patch).split("\n");
  const box = h("pre.diff");
  for (const line of lines.slice(0, 2000)) {
    const kind = line.startsWith("@@") ? "hunk" : line.startsWith("+") ? "add" : line.startsWith("-") ? "del" : "";
    box.append(h(kind ? `span.${kind}` : "span", { text: line || " " }));
  }
  if (lines.length > 2000) box.append(h("span.hunk", { text: `… ${lines.length - 2000} more lines` }));
  return box;
}

/** Asks in a dialog; resolves with the value of the button, or null when it was closed. */
export function dialog(title, body, buttons) {
  const box = $("dialog");
  return new Promise((resolve) => {
    let answer = null;
    const row = h("div.row", {}, h("span.grow"), buttons.map(([label, value, primary]) =>
      h(primary ? "button.primary" : "button", { type: "button", onclick: () => { answer = value; box.close(); } }, label)));
    box.replaceChildren(h("h2", { id: "dialog-title", text: title }), body, row);
    box.addEventListener("close", () => resolve(answer), { once: true });
    box.showModal();
  });
}
