// What waits for a person: permissions and questions of the open session.
import { block, fill, h, safe } from "./dom.js";
import { call, get, path, post } from "./api.js";
import { preview } from "./transcript.js";

const SCOPES = [["session", "this session"], ["project", "this project"], ["global", "everywhere"]];
let serial = 0;

export class Asks {
  /** `find(callID)` gives the tool call that an ask is about; `announce(text)` tells people who do not see it. */
  constructor(node, find, announce, onChange) {
    Object.assign(this, { node, find, announce, onChange, session: null, cards: new Map() });
  }

  get count() { return this.cards.size; }

  async open(session) {
    this.session = session;
    this.cards.clear();
    fill(this.node);
    if (session) await this.reload();
    this.onChange();
  }

  async reload() {
    const session = this.session;
    if (!session) return;
    const [asks, forms] = await Promise.all([
      get(path`session/${session}/permission`).catch(() => ({ data: [] })), get(path`session/${session}/form`).catch(() => ({ data: [] })),
    ]);
    if (session !== this.session) return;
    const wanted = new Set([...asks.data, ...forms.data].map((item) => item.id));
    for (const id of this.cards.keys()) if (!wanted.has(id)) this.remove(id);
    for (const ask of asks.data) this.permission(ask);
    for (const form of forms.data) this.form(form);
  }

  apply(event) {
    const data = event.data ?? {};
    const session = data.sessionID ?? data.form?.sessionID;
    if (!this.session || session !== this.session) return;
    switch (event.type) {
      case "permission.asked": return this.permission(data);
      case "permission.replied": return this.remove(data.requestID);
      case "form.created": return this.form(data.form);
      case "form.replied": case "form.cancelled": return this.remove(data.id);
    }
  }

  add(id, card, text) {
    if (this.cards.has(id)) return;
    this.cards.set(id, card);
    this.node.append(card);
    this.announce(text);
    this.onChange();
    this.focus();
  }

  /** Goes to the card that waits longest, unless the person is about something else; says whether one waits. */
  focus() {
    const card = this.node.firstElementChild, active = document.activeElement;
    const types = active?.matches?.("textarea, input") && active.value;
    // Not onto a button: Enter that was meant for the prompt must approve nothing.
    if (card && !types && !card.contains(active) && !active?.closest?.("dialog, .terminal, .ask")) card.focus({ preventScroll: true });
    return card !== null;
  }

  remove(id) {
    const card = this.cards.get(id);
    if (!card) return;
    const hadFocus = card.contains(document.activeElement);
    this.cards.delete(id);
    card.remove();
    this.onChange();
    if (hadFocus) (this.node.firstElementChild ?? document.getElementById("prompt")).focus();
  }

  async answer(id, card, where, body) {
    const problem = card.querySelector(".error");
    card.inert = true;
    problem.textContent = "";
    try {
      await call(body ? "POST" : "DELETE", where, body ?? undefined);
      this.remove(id);
    } catch (error) {
      // 404 and 409: somebody else was quicker.
      if (error.status === 404 || error.status === 409) return this.remove(id);
      card.inert = false;
      problem.textContent = error.message;
    }
  }

  permission(ask) {
    const label = `ask-${++serial}`;
    const meta = ask.metadata ?? {};
    const reply = (body) => this.answer(ask.id, card, path`session/${this.session}/permission/${ask.id}/reply`, body);
    const what = h("div", { class: "what" });
    // A command is shown below, whole.
    const title = ask.action === "bash" ? "Run this command?" : safe(ask.message || `Allow ${ask.action}?`);
    const more = h("div", { class: "more" });
    const once = h("button", { type: "button", class: "primary", onclick: () => reply({ decision: "once" }) }, "Allow once");
    const always = h("button", { type: "button", "aria-expanded": "false", onclick: () => this.toggle(more, always, reject, () => this.rule(ask, label, reply)) }, "Always …");
    const reject = h("button", { type: "button", "aria-expanded": "false", onclick: () => this.toggle(more, reject, always, () => this.feedback(reply)) }, "Reject …");
    const card = h("div", { class: "ask", role: "group", tabIndex: -1, "aria-labelledby": label },
      h("h2", { id: label, dir: "auto" }, title),
      h("p", { class: "ask-what" }, h("span", { class: "tag" }, safe(ask.action)), meta.agent && ` for the agent ${safe(meta.agent)}`,
        meta.subagentSessionID && ", a subagent"),
      what,
      meta.rule && h("p", { class: "ask-rule" }, "Asked because of ", h("code", null, safe(meta.rule)), meta.ruleSource && ` (${safe(meta.ruleSource)})`),
      h("div", { class: "buttons" }, once, ask.save?.length ? always : null, reject), more, h("p", { class: "error", role: "alert" }));
    card.fillWhat = () => this.what(ask, what);
    card.fillWhat();
    this.add(ask.id, card, `Permission needed: ${safe(ask.message || ask.action)}`);
  }

  /** What the call would do; its arguments may come after the ask, on the other stream. */
  what(ask, node) {
    const tool = ask.source?.id ? this.find(ask.source.id) : null;
    const seen = tool ? preview(tool.name, tool.state.input) : null;
    fill(node, seen ?? block(ask.resources.join("\n"), 4000), seen && tool.name !== "bash"
      && h("p", { class: "ask-paths" }, ask.resources.slice(0, 6).map((resource) => h("code", { dir: "auto" }, safe(resource)))));
  }

  /** The arguments of a call are there. */
  called() {
    for (const card of this.cards.values()) card.fillWhat?.();
  }

  toggle(more, button, other, make) {
    const isOpen = button.getAttribute("aria-expanded") === "true";
    button.setAttribute("aria-expanded", String(!isOpen));
    other.setAttribute("aria-expanded", "false");
    fill(more, isOpen ? null : make());
    more.querySelector("textarea, input:checked")?.focus();
  }

  rule(ask, label, reply) {
    const form = h("form", { class: "rule", onsubmit: (event) => {
      event.preventDefault();
      reply({ decision: "always", scope: new FormData(form).get("scope") });
    } },
    h("p", null, "This rule will be saved:"),
    h("ul", { class: "rules" }, ask.save.slice(0, 20).map((pattern) => h("li", null, h("code", { dir: "auto" }, `${safe(ask.action)}: ${safe(pattern)}`)))),
    h("fieldset", null, h("legend", null, "For"), SCOPES.map(([value, text]) => h("label", null,
      h("input", { type: "radio", name: "scope", value, checked: value === "project" }), " ", text))),
    h("button", { type: "submit", class: "primary" }, "Save rule and allow"));
    return form;
  }

  feedback(reply) {
    const id = `feedback-${++serial}`;
    const text = h("textarea", { id, rows: 2, dir: "auto" });
    return h("form", { class: "rule", onsubmit: (event) => {
      event.preventDefault();
      reply({ decision: "reject", ...(text.value.trim() && { message: text.value.trim() }) });
    } }, h("label", { for: id }, "What should it do instead? (optional)"), text,
    h("button", { type: "submit", class: "danger" }, "Reject"));
  }

  form(form) {
    const label = `ask-${++serial}`;
    const where = path`session/${this.session}/form/${form.id}`;
    const fields = (form.fields ?? []).filter((field) => !field.hidden).map((field) => new Field(field));
    const body = h("form", { onsubmit: (event) => {
      event.preventDefault();
      const answer = {};
      for (const field of fields) {
        const value = field.value();
        if (value !== undefined) answer[field.key] = value;
      }
      this.answer(form.id, card, `${where}/reply`, { answer });
    } }, fields.map((field) => field.node),
    h("div", { class: "buttons" }, h("button", { type: "submit", class: "primary" }, "Answer"),
      h("button", { type: "button", onclick: () => this.answer(form.id, card, where) }, "Dismiss")));
    const card = h("div", { class: "ask", role: "group", tabIndex: -1, "aria-labelledby": label },
      h("h2", { id: label, dir: "auto" }, safe(form.title || "Question")), body, h("p", { class: "error", role: "alert" }));
    this.add(form.id, card, `Question: ${safe(form.title || fields[0]?.title || "")}`);
  }
}

/** One field of a form. */
class Field {
  constructor(field) {
    this.key = field.key;
    this.title = safe(field.title ?? field.key);
    const id = `field-${++serial}`;
    const about = field.description && h("p", { class: "about", dir: "auto" }, safe(field.description));
    const input = (type, more) => h("input", { id, type, required: !!field.required, dir: "auto", ...more });
    const labelled = (control, value) => {
      this.value = value;
      this.node = h("div", { class: "field" }, h("label", { for: id, dir: "auto" }, this.title), about, control);
    };
    if (field.type === "external") {
      this.value = () => undefined;
      const isSafe = /^https?:\/\//i.test(field.url ?? "");
      this.node = h("p", { class: "field" }, isSafe ? h("a", { href: field.url, target: "_blank", rel: "noopener noreferrer" }, this.title) : safe(field.url));
    } else if (field.options?.length) {
      this.choices(field, id, about);
    } else if (field.type === "boolean") {
      const box = input("checkbox", { checked: !!field.default, required: false });
      this.value = () => box.checked;
      this.node = h("div", { class: "field" }, h("label", { dir: "auto" }, box, " ", this.title), about);
    } else if (field.type === "number" || field.type === "integer") {
      const box = input("number", { step: field.type === "integer" ? "1" : "any", value: field.default ?? "" });
      labelled(box, () => (box.value === "" ? undefined : Number(box.value)));
    } else {
      const box = input("text", { value: field.default ?? "", placeholder: field.placeholder ?? "" });
      labelled(box, () => (box.value === "" && !field.required ? undefined : box.value));
    }
  }

  choices(field, id, about) {
    const many = field.type === "multiselect";
    const chosen = [].concat(field.default ?? []);
    const boxes = field.options.map((option) => ({ option, box: h("input", {
      type: many ? "checkbox" : "radio", name: id, value: option.value, checked: chosen.includes(option.value) }) }));
    const own = field.custom ? h("input", { type: "text", dir: "auto", "aria-label": `${this.title}: another answer`, placeholder: "Another answer",
      oninput: () => { if (!many && own.value) for (const { box } of boxes) box.checked = false; } }) : null;
    this.value = () => {
      const values = boxes.filter(({ box }) => box.checked).map(({ box }) => box.value);
      if (own?.value.trim()) values.push(own.value.trim());
      return many ? values : values.at(-1);
    };
    this.node = h("fieldset", { class: "field" }, h("legend", { dir: "auto" }, this.title), about, boxes.map(({ option, box }) => h("label", { class: "choice", dir: "auto" },
      box, h("span", null, safe(option.label ?? option.value), option.description && h("small", null, safe(option.description))))), own);
  }
}
