// The messages of a conversation as elements, made anew where they changed, once a frame.
import { block, clip, diff, h, safe } from "./dom.js";
import { MarkdownView } from "./markdown.js";

/** What a call is about, in one line. */
export function subject(name, input) {
  if (!input || typeof input !== "object") return "";
  const path = input.filePath ?? input.path ?? input.file_path;
  switch (name) {
    case "bash": return input.command ?? "";
    case "glob": case "grep": case "codesearch": return [input.pattern ?? input.query, input.path && `in ${input.path}`].filter(Boolean).join(" ");
    case "webfetch": return input.url ?? "";
    case "task": case "skill": return input.description ?? input.name ?? "";
    case "question": return input.questions?.[0]?.question ?? "";
    case "todowrite": return Array.isArray(input.todos) ? `${input.todos.length} items` : "";
    case "apply_patch": return (input.patchText ?? "").match(/\*\*\* \w+ File: (.+)/)?.[1] ?? "";
    default: return path ?? input.query ?? input.url ?? (Object.keys(input).length ? JSON.stringify(input) : "");
  }
}

/** What a call would change, as far as its arguments say. */
export function preview(name, input) {
  const lines = (mark, text) => String(text ?? "").replace(/\n$/, "").split("\n").map((line) => mark + line).join("\n");
  if (!input || typeof input !== "object") return null;
  if (name === "bash" && input.command) return block(`$ ${input.command}`);
  if (name === "write" && typeof input.content === "string") return diff(lines("+", input.content), 200, true);
  if (name === "edit" && typeof input.newString === "string") return diff(`${lines("-", input.oldString)}\n${lines("+", input.newString)}`, 200, true);
  if (name === "multiedit" && Array.isArray(input.edits)) {
    return diff(input.edits.map((e) => `${lines("-", e.oldString)}\n${lines("+", e.newString)}`).join("\n@@\n"), 200, true);
  }
  if (name === "apply_patch" && input.patchText) return diff(input.patchText, 200, true);
  return null;
}

const WORD = { streaming: "preparing", running: "running", completed: "done", error: "failed" };

class ToolView {
  constructor() {
    this.mark = h("span", { class: "mark" });
    this.name = h("span", { class: "tool-name" });
    this.about = h("span", { class: "tool-about", dir: "auto" });
    this.note = h("span", { class: "tool-note" });
    this.body = h("div", { class: "tool-body" });
    this.node = h("details", { class: "tool", ontoggle: () => this.node.open && this.fill() },
      h("summary", null, this.mark, this.name, this.about, this.note), this.body);
  }

  update(tool) {
    const { state, time } = tool;
    this.tool = tool;
    this.node.dataset.state = state.status;
    this.mark.setAttribute("role", "img");
    this.mark.setAttribute("aria-label", WORD[state.status] ?? state.status);
    this.name.textContent = safe(tool.name);
    this.about.textContent = clip(safe(subject(tool.name, state.input)).replace(/\s+/g, " "), 300);
    const meta = state.metadata ?? {};
    const seconds = time?.ran && time?.completed ? (time.completed - time.ran) / 1000 : 0;
    this.note.replaceChildren();
    if (typeof meta.additions === "number" && typeof meta.diff === "string") {
      this.note.append(h("span", { class: "plus" }, `+${meta.additions}`), " ", h("span", { class: "minus" }, `−${meta.deletions ?? 0}`));
    } else if (state.status === "error") this.note.textContent = state.error?.type?.includes("Denied") ? "denied" : "failed";
    else if (seconds >= 1) this.note.textContent = `${seconds.toFixed(seconds < 10 ? 1 : 0)} s`;
    if (meta.diff && !this.opened && state.status === "completed") {
      this.opened = true;
      if (meta.diff.length < 6000) this.node.open = true;
    }
    if (this.node.open) this.fill();
  }

  fill() {
    const { state, name } = this.tool;
    const parts = [];
    if (state.status === "error") parts.push(h("p", { class: "error", dir: "auto" }, safe(state.error?.message ?? "It failed.")));
    if (state.metadata?.diff) parts.push(diff(state.metadata.diff));
    else {
      const seen = preview(name, state.input);
      parts.push(seen ?? (Object.keys(state.input ?? {}).length && typeof state.input === "object" ? block(JSON.stringify(state.input, null, 2), 4000) : null));
      const text = (state.content ?? []).map((part) => (part.type === "text" ? part.text : `[${part.name ?? part.mime ?? part.type}]`)).join("\n");
      if (text) parts.push(block(text, 20000));
      else if (typeof state.metadata?.output === "string" && state.metadata.output) parts.push(block(state.metadata.output, 20000));
    }
    this.body.replaceChildren(...parts.filter(Boolean));
  }
}

class TextView extends MarkdownView {
  update(item) { super.update(item.text ?? ""); }
}

class ReasoningView {
  constructor() {
    this.view = new MarkdownView();
    this.label = h("summary");
    this.node = h("details", { class: "reasoning" }, this.label, this.view.node);
  }

  update(item) {
    const { created, completed } = item.time ?? {};
    const seconds = completed && created ? Math.round((completed - created) / 1000) : 0;
    this.label.textContent = completed ? (seconds ? `Thought for ${seconds} s` : "Thoughts") : "Thinking";
    this.view.update(item.text ?? "");
    this.node.hidden = !item.text;
  }
}

const VIEWS = { text: TextView, reasoning: ReasoningView, tool: ToolView };

class AssistantView {
  constructor() {
    this.parts = [];
    this.problem = h("p", { class: "error", hidden: true, dir: "auto" });
    this.node = h("article", { class: "message assistant", "aria-label": "Answer" }, this.problem);
  }

  update(message) {
    message.content.forEach((item, index) => {
      const View = VIEWS[item.type];
      if (!View) return;
      let part = this.parts[index];
      if (!(part instanceof View)) {
        const made = new View();
        if (part) part.node.replaceWith(made.node);
        else this.problem.before(made.node);
        this.parts[index] = part = made;
      }
      part.update(item);
    });
    const error = message.error;
    this.problem.hidden = !error;
    this.problem.textContent = error ? safe(error.message ?? error.type) : "";
  }
}

class UserView {
  constructor() {
    this.text = h("div", { class: "user-text", dir: "auto" });
    this.files = h("ul", { class: "files" });
    this.state = h("span", { class: "queued" });
    this.node = h("article", { class: "message user", "aria-label": "You" }, this.text, this.files, this.state);
  }

  update(message, conversation) {
    this.text.textContent = safe(message.text);
    this.files.replaceChildren(...(message.files ?? []).map((file) => h("li", null, safe(file.name ?? file.mime ?? "file"))));
    this.files.hidden = !message.files?.length;
    const waits = conversation.waiting.has(message.id);
    this.node.classList.toggle("waiting", waits);
    this.state.textContent = waits ? "Waiting for its turn" : "";
  }
}

class NoteView {
  constructor() { this.node = h("p", { class: "note", dir: "auto" }); }

  update(message, conversation) {
    // What the answer says already is not said again.
    const isKnown = message.error && conversation.messages.some((other) => other.type === "assistant" && other.error?.message === message.error.message);
    const text = isKnown ? "" : this.text(message);
    this.node.hidden = !text;
    this.node.textContent = text ? safe(text) : "";
    this.node.classList.toggle("error", message.outcome === "failed" || message.status === "failed");
  }

  text(m) {
    switch (m.type) {
      case "idle":
        if (m.outcome === "interrupted") return "Stopped.";
        return m.outcome === "failed" ? (m.error?.message ?? "It failed.") : "";
      case "agent-switched": return `Agent: ${m.agent}`;
      case "model-switched": return m.previous ? `Model: ${m.model?.providerID}/${m.model?.id}` : "";
      case "location-switched": return `Moved to ${m.location?.directory}`;
      case "compaction": return { running: "Summarising the conversation …", completed: "The conversation up to here was summarised for the model.", failed: "The conversation could not be summarised." }[m.status];
      case "skill": return `Skill: ${m.name}`;
      case "synthetic": case "system": return m.description ?? "";
      case "shell": return `$ ${m.command}${m.output?.output ? "\n" + clip(m.output.output, 4000) : ""}`;
      default: return "";
    }
  }
}

/** Keeps `log` as the conversation is. */
export class Transcript {
  constructor(log, onDraw) {
    Object.assign(this, { log, onDraw, views: new Map(), dirty: new Set(), conversation: null, frame: 0 });
  }

  show(conversation) {
    this.conversation = conversation;
    this.views.clear();
    this.log.replaceChildren();
    for (const message of conversation.messages) this.draw(message);
    this.onDraw(true);
  }

  /** Also puts the messages into their order. */
  order() {
    const ids = new Set(this.conversation.messages.map((message) => message.id));
    for (const [id, view] of this.views) {
      if (ids.has(id)) continue;
      view.node.remove();
      this.views.delete(id);
    }
    this.conversation.messages.forEach((message, index) => {
      this.draw(message);
      const { node } = this.views.get(message.id);
      if (this.log.childNodes[index] !== node) this.log.insertBefore(node, this.log.childNodes[index] ?? null);
    });
    this.onDraw(false);
  }

  changed(id) {
    this.dirty.add(id);
    this.frame ||= requestAnimationFrame(() => this.flush());
  }

  flush() {
    this.frame = 0;
    for (const id of this.dirty) {
      const message = this.conversation?.byID.get(id);
      if (message) this.draw(message);
    }
    this.dirty.clear();
    this.onDraw(false);
  }

  draw(message) {
    let view = this.views.get(message.id);
    if (!view) {
      const View = { user: UserView, assistant: AssistantView }[message.type] ?? NoteView;
      view = new View();
      this.views.set(message.id, view);
      this.log.append(view.node);
    }
    view.update(message, this.conversation);
  }
}
