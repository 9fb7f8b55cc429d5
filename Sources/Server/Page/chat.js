// The conversation: what the server has stored, and the text that is still streaming.
import { call, data, get, query } from "./api.js";
import { $, diffView, h, visible, when } from "./dom.js";
import { code, markdown } from "./markdown.js";

export class Chat {
  #list = $("messages");
  #messages = new Map(); // id → message, in the server's order
  #streaming = new Map(); // "message/kind/ordinal" → text that no stored message has yet
  #dirty = new Set();
  #frame = null;
  #fetches = new Map();
  #older = null;
  session = null;

  /** Shows a session; null: none. */
  async show(session) {
    this.session = session;
    this.#messages.clear();
    this.#streaming.clear();
    this.#older = null;
    this.#list.replaceChildren();
    if (session) await this.reload();
  }

  /** Reads the latest messages anew: at the start, and when events were missed. */
  async reload() {
    const id = this.session;
    const page = await get(`session/${id}/message${query({ limit: 100, order: "desc" })}`);
    if (id !== this.session) return;
    this.#messages.clear();
    this.#list.replaceChildren();
    for (const message of page.data.reverse()) this.#messages.set(message.id, message);
    this.#older = page.cursor?.next ?? null;
    if (this.#older) this.#list.append(h("li", {}, h("button", { type: "button", onclick: () => this.#loadOlder() }, "Earlier messages")));
    for (const message of this.#messages.values()) this.#place(message.id);
    this.#list.scrollTop = this.#list.scrollHeight;
  }

  async #loadOlder() {
    const page = await get(`session/${this.session}/message${query({ limit: 100, cursor: this.#older })}`);
    this.#list.firstChild.remove();
    this.#older = page.cursor?.next ?? null;
    const before = this.#list.firstChild;
    const known = [...this.#messages];
    const older = page.data.reverse().filter((message) => !this.#messages.has(message.id));
    this.#messages = new Map([...older.map((message) => [message.id, message]), ...known]);
    if (this.#older) this.#list.insertBefore(h("li", {}, h("button", { type: "button", onclick: () => this.#loadOlder() }, "Earlier messages")), before);
    for (const message of older) this.#list.insertBefore(h("li", { id: message.id, tabindex: "-1" }, ...this.#view(message)), before);
  }

  /** An event of the session that is shown. */
  event(event) {
    const { type, data: body } = event;
    const id = body.assistantMessageID;
    if (type === "session.text.delta" || type === "session.reasoning.delta") {
      const key = `${id}/${type.split(".")[1]}/${body.ordinal}`;
      this.#streaming.set(key, (this.#streaming.get(key) ?? "") + body.delta);
      if (!this.#messages.has(id)) this.#refresh(id);
      this.#mark(id);
      return;
    }
    if (type === "session.text.ended" || type === "session.reasoning.ended") {
      this.#streaming.set(`${id}/${type.split(".")[1]}/${body.ordinal}`, body.text);
      if (type === "session.text.ended") $("announce").textContent = visible(body.text).slice(0, 500);
    }
    if (id) this.#refresh(id);
    else if (body.messageID && type !== "session.revert.staged") this.#refresh(body.messageID);
    else if (type === "session.inbox.enqueued" || type === "session.inbox.delivered") this.#refresh(body.inboxID);
    else if (/^session\.(revert|reverted|unreverted|compaction\.(ended|failed)|synthetic|shell\.|skill|execution\.(failed|interrupted|succeeded))/.test(type)) this.#soon();
  }

  // One message again; at most one request a message at a time, and one more when it changed meanwhile.
  async #refresh(id) {
    const state = this.#fetches.get(id);
    if (state) { state.again = true; return; }
    const mine = { again: false };
    this.#fetches.set(id, mine);
    const session = this.session;
    try {
      do {
        mine.again = false;
        await new Promise((resolve) => setTimeout(resolve, 40));
        const answer = await get(`session/${session}/message/${id}`);
        if (session !== this.session) return;
        this.#messages.set(id, answer.data);
        this.#mark(id);
      } while (mine.again);
    } catch { /* not delivered yet, or gone: the next event or reload tells */ } finally { this.#fetches.delete(id); }
  }

  #soon() {
    if (this.#fetches.has("all")) return;
    const session = this.session;
    this.#fetches.set("all", { again: false });
    setTimeout(async () => {
      this.#fetches.delete("all");
      if (session === this.session) await this.reload().catch(() => {});
    }, 80);
  }

  #mark(id) {
    this.#dirty.add(id);
    this.#frame ??= requestAnimationFrame(() => {
      this.#frame = null;
      const atEnd = this.#list.scrollHeight - this.#list.scrollTop - this.#list.clientHeight < 80;
      for (const dirty of this.#dirty) this.#place(dirty);
      this.#dirty.clear();
      if (atEnd) this.#list.scrollTop = this.#list.scrollHeight;
    });
  }

  #place(id) {
    const message = this.#messages.get(id);
    if (!message) return;
    const old = document.getElementById(id);
    const open = new Set([...(old?.querySelectorAll("details[open]") ?? [])].map((element) => element.dataset.part));
    const item = h("li", { id, tabindex: "-1" }, ...this.#view(message, open));
    if (old) old.replaceWith(item); else this.#list.append(item);
  }

  #view(message, open = new Set()) {
    const time = message.time?.created;
    const who = (name) => h("p.who", { title: time ? new Date(time).toLocaleString() : "" }, name, time ? ` · ${when(time)}` : "");
    switch (message.type) {
    case "user":
      return [who("you"), h("div.user", { text: visible(message.text) }), ...(message.files ?? []).map((file) => h("p.who", { text: `📎 ${visible(file.name ?? file.mime)}` }))];
    case "assistant":
      return [
        who(`${message.agent} · ${message.model?.providerID}/${message.model?.id}`),
        ...this.#content(message, open),
        message.retry ? h("p.state.running", { text: `Trying again (attempt ${message.retry.attempt}): ${visible(message.retry.error?.message)}` }) : null,
        message.error ? h("p.error", { role: "alert", text: visible(message.error.message) }) : null,
      ];
    case "shell":
      return [who("shell"), h("pre", { text: `$ ${visible(message.command)}\n${visible(message.output?.text ?? message.output?.output ?? "")}` })];
    case "compaction":
      return [h("details", {}, h("summary", { text: "The conversation before this was summarised" }), markdown(message.summary ?? ""))];
    case "idle":
      return message.outcome === "succeeded" ? [] : [h("p.error", { text: visible(message.error?.message ?? `The run was ${message.outcome}.`) })];
    case "agent-switched": case "model-switched": case "location-switched": case "synthetic": case "system": case "skill":
      return message.text || message.description ? [h("p.who", { text: visible(message.description ?? message.text).slice(0, 300) })] : [];
    default: return [];
    }
  }

  #content(message, open) {
    const ordinals = { text: 0, reasoning: 0 };
    const parts = (message.content ?? []).map((part, index) => {
      if (part.type === "tool") return tool(part, open);
      if (!(part.type in ordinals)) return null;
      const key = `${message.id}/${part.type}/${ordinals[part.type]++}`;
      const live = this.#streaming.get(key) ?? "";
      if (part.text.length >= live.length && message.time?.completed) this.#streaming.delete(key);
      return this.#prose(part.type, live.length > part.text.length ? live : part.text, `${index}`, open);
    });
    for (const type of ["reasoning", "text"]) // streams that the stored message does not have yet
      for (let key; this.#streaming.has((key = `${message.id}/${type}/${ordinals[type]}`)); ordinals[type] += 1)
        parts.push(this.#prose(type, this.#streaming.get(key), `live-${ordinals[type]}`, open));
    return parts;
  }

  #prose(type, text, part, open) {
    if (!text.trim()) return null;
    if (type === "text") return markdown(text);
    return h("details.reasoning", { "data-part": part, open: open.has(part) }, h("summary", { text: "Thinking" }), h("div", { text: visible(text) }));
  }
}

// What a call was about, in one line.
export function summary(name, input) {
  if (typeof input !== "object" || input === null) return "";
  return visible(input.command ?? input.filePath ?? input.pattern ?? input.url ?? input.query ?? input.description ?? input.path ?? input.name ?? "").split("\n")[0].slice(0, 200);
}

function tool(part, open) {
  const { state, name, id } = part;
  const input = state.input;
  const metadata = state.metadata ?? {};
  const patch = metadata.diff ?? metadata.patch ?? (Array.isArray(metadata.files) ? metadata.files.map((file) => file.patch ?? "").join("\n") : "");
  const output = (state.content ?? []).map((item) => (item.type === "text" ? item.text : `[${item.mime ?? item.type}]`)).join("\n");
  const shown = open.has(id) || state.status === "error" || Boolean(patch);
  return h("details", { "data-part": id, open: shown },
    h("summary", {}, h(`span.state.${state.status}`, { text: { completed: "✓", error: "✗", running: "…", streaming: "…" }[state.status] ?? state.status }),
      h("span.hidden", { text: state.status }), h("strong", { text: visible(name) }), " ", h("code", { text: summary(name, input) })),
    typeof input === "object" && !patch && Object.keys(input ?? {}).length ? code(JSON.stringify(input, null, 2), "json") : null,
    patch ? diffView(patch) : null,
    state.error ? h("p.error", { text: visible(state.error.message) }) : null,
    !patch && output ? h("pre", { tabindex: "0", text: visible(output).slice(0, 60000) }) : null);
}

/** What undoing the last turn would do, then, if wanted, the undoing. */
export async function undo(session, dialog) {
  const plan = (await call("POST", `session/${session}/undo`, { dryRun: true })).data;
  const body = h("div", {}, plan.files.length ? h("ul", {}, plan.files.map((file) =>
    h("li", {}, h("code", { text: visible(file.path) }), ` ${file.state}`, file.patch ? diffView(file.patch) : null))) : "Nothing to undo.",
    h("p", { text: "Files you changed yourself are kept. A checkpoint is made first: redo brings everything back." }));
  if ((await dialog("Undo the last turn", body, [["Cancel", null], ["Undo", "undo", true]])) !== "undo") return null;
  return (await call("POST", `session/${session}/undo`, { dryRun: false })).data;
}
export { data };
