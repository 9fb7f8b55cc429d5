// Permission asks and forms (the agent's questions). They come from the server's lists, so a reload or a second window shows the same.
import { call, data } from "./api.js";
import { $, diffView, h, visible } from "./dom.js";

let version = 0;

/** Shows what waits for an answer in a session (its subagents' asks are asked there too). */
export async function refreshAsks(session) {
  const mine = ++version;
  const box = $("asks");
  if (!session) { box.replaceChildren(); return; }
  const [permissions, forms] = await Promise.all([
    data(`session/${session}/permission`).catch(() => []), data(`session/${session}/form`).catch(() => []),
  ]);
  if (mine !== version) return;
  const wanted = new Map([...permissions.map((ask) => [ask.id, () => permission(session, ask)]), ...forms.map((form) => [form.id, () => question(session, form)])]);
  for (const child of [...box.children]) if (!wanted.has(child.dataset.id)) child.remove();
  for (const [id, make] of wanted) if (!box.querySelector(`[data-id="${CSS.escape(id)}"]`)) box.append(make());
}

async function answer(element, send) {
  for (const button of element.querySelectorAll("button")) button.disabled = true;
  try {
    await send();
    element.remove();
    $("prompt").focus();
  } catch (error) {
    element.append(h("p.error", { role: "alert", text: error.message }));
    if (error.status === 404 || error.status === 409) setTimeout(() => element.remove(), 3000);
    else for (const button of element.querySelectorAll("button")) button.disabled = false;
  }
}

function permission(session, ask) {
  const metadata = ask.metadata ?? {};
  const feedback = h("input", { type: "text", "aria-label": "What the agent should do instead", placeholder: "Instead, do…" });
  const reply = (decision, extra = {}) => answer(element, () =>
    call("POST", `session/${session}/permission/${ask.id}/reply`, { decision, ...(decision === "reject" && feedback.value ? { message: feedback.value } : {}), ...extra }));
  const scope = h("select", { "aria-label": "For how long" }, [["project", "this project"], ["session", "this session"], ["global", "everywhere"]].map(([value, label]) => h("option", { value }, label)));
  const patch = metadata.diff ?? metadata.patch;
  const element = h("div", { "data-id": ask.id, role: "group", "aria-label": "Permission" },
    h("h2", {}, metadata.agent ? `${visible(metadata.agent)} asks: ` : "", `may it use `, h("strong", { text: visible(ask.action) }), "?"),
    h("pre", { tabindex: "0", text: visible(metadata.command ?? ask.resources.join("\n")) }),
    metadata.command ? h("p.who", { text: `decides on: ${visible(ask.resources.join(", "))}` }) : null,
    ask.message ? h("p", { text: visible(ask.message) }) : null,
    patch ? diffView(patch) : null,
    h("div.row", {},
      h("button.primary", { type: "button", onclick: () => reply("once") }, "Once"),
      ask.save?.length ? h("button", { type: "button", title: `Saves: ${ask.action} ${ask.save.join(", ")}`, onclick: () => reply("always", { scope: scope.value }) }, "Always") : null,
      ask.save?.length ? scope : null,
      ask.save?.length ? h("code", { text: `${ask.action}: ${visible(ask.save.join(", "))}` }) : null,
      h("span.grow"), feedback, h("button", { type: "button", onclick: () => reply("reject") }, "Reject")));
  return element;
}

function question(session, form) {
  const fields = form.fields.map(field);
  const element = h("form", {
    "data-id": form.id, "aria-label": visible(form.title),
    onsubmit: (event) => {
      event.preventDefault();
      const values = {};
      for (const { key, value } of fields) { const found = value(); if (found !== undefined) values[key] = found; }
      answer(element, () => call("POST", `session/${session}/form/${form.id}/reply`, { answer: values }));
    },
  }, h("h2", { text: visible(form.title) }), fields.map(({ node }) => node), h("div.row", {},
    h("button.primary", { type: "submit" }, "Answer"),
    h("button", { type: "button", onclick: () => answer(element, () => call("DELETE", `session/${session}/form/${form.id}`)) }, "Skip")));
  return element;
}

function field(definition) {
  const { key, type, options = [], title, description } = definition;
  const label = visible(title ?? key);
  const wrap = (...nodes) => h("fieldset", {}, h("legend", { text: label }), description ? h("p.who", { text: visible(description) }) : null, ...nodes);
  if (type === "boolean") {
    const box = h("input", { type: "checkbox", checked: Boolean(definition.default) });
    return { key, node: wrap(h("label", {}, box, " yes")), value: () => box.checked };
  }
  if (type === "external") return { key, node: wrap(h("a", { href: /^https?:/.test(definition.url) ? definition.url : null, target: "_blank", rel: "noopener noreferrer", text: visible(definition.url) })), value: () => undefined };
  if (type === "number" || type === "integer") {
    const box = h("input", { type: "number", step: type === "integer" ? "1" : "any", value: String(definition.default ?? "") });
    return { key, node: wrap(box), value: () => (box.value === "" ? undefined : Number(box.value)) };
  }
  const many = type === "multiselect";
  const name = `f${Math.random().toString(36).slice(2)}`;
  const own = h("input", { type: "text", "aria-label": `${label}: own answer`, placeholder: definition.placeholder ?? (options.length ? "or something else" : ""), value: options.length ? "" : String(definition.default ?? "") });
  const choices = options.map((option) => h("input", { type: many ? "checkbox" : "radio", name, value: option.value }));
  const node = wrap(
    ...options.map((option, index) => h("div", {}, h("label", {}, choices[index], ` ${visible(option.label)}`, option.description ? h("span.who", { text: ` – ${visible(option.description)}` }) : null))),
    options.length === 0 || definition.custom !== false ? own : null);
  return { key, node, value: () => {
    const chosen = choices.filter((choice) => choice.checked).map((choice) => choice.value);
    if (many) return own.value ? [...chosen, own.value] : chosen;
    return own.value || chosen[0];
  } };
}
