// A conversation as the fold of its events, as the server does it. No elements here.

/** The messages of one session, in order, and what is going on in it. */
export class Conversation {
  constructor() {
    this.messages = [];
    this.byID = new Map();
    this.waiting = new Set();
    this.running = false;
    this.retry = null;
  }

  load(messages, inbox, isActive) {
    this.messages = [];
    this.byID.clear();
    this.waiting.clear();
    for (const message of messages) this.put(message);
    for (const item of inbox) this.enqueue(item.id, item.type ?? item.item?.type, item.payload ?? item.item?.payload, item.time?.created);
    this.running = isActive;
  }

  prepend(messages) {
    const fresh = messages.filter((message) => !this.byID.has(message.id));
    for (const message of fresh) this.byID.set(message.id, message);
    this.messages.unshift(...fresh);
  }

  put(message) {
    if (this.byID.has(message.id)) {
      Object.assign(this.byID.get(message.id), message);
    } else {
      this.byID.set(message.id, message);
      this.messages.push(message);
    }
    this.waiting.delete(message.id);
    return message.id;
  }

  enqueue(id, type, payload, created) {
    if (type !== "user" || this.byID.has(id)) return id;
    this.put({ type: "user", id, text: payload?.text ?? "", files: payload?.files, time: { created } });
    this.waiting.add(id);
    return id;
  }

  assistant(id, created) {
    if (!this.byID.has(id)) this.put({ type: "assistant", id, content: [], time: { created } });
    return this.byID.get(id);
  }

  /** The item of a kind with a place among its kind; made when it is missing. */
  item(message, type, ordinal) {
    const items = message.content.filter((item) => item.type === type);
    if (items[ordinal]) return items[ordinal];
    const item = { type, text: "", time: {} };
    message.content.push(item);
    return item;
  }

  tool(message, id) {
    let tool = message.content.findLast((item) => item.type === "tool" && item.id === id);
    if (!tool) {
      tool = { type: "tool", id, name: "tool", state: { status: "streaming", input: "" }, time: {} };
      message.content.push(tool);
    }
    return tool;
  }

  /** Takes an event up. Returns the id of the message that changed, "reload" when the messages are to be read again, or null. */
  apply(event) {
    const data = event.data ?? {};
    const created = event.created;
    const change = (edit) => {
      const message = this.assistant(data.assistantMessageID, created);
      edit(message);
      return message.id;
    };
    const input = (tool) => (typeof tool.state.input === "object" ? tool.state.input : {});
    switch (event.type) {
      case "session.inbox.enqueued":
        return this.enqueue(data.inboxID, data.item?.type, data.item?.payload ?? data.item, created);
      case "session.inbox.delivered": {
        // Its place is where it was delivered.
        const message = this.byID.get(data.inboxID);
        if (!message || !this.waiting.delete(data.inboxID)) return null;
        this.messages = this.messages.filter((other) => other !== message);
        this.messages.push(message);
        return "order";
      }
      case "session.inbox.cancelled":
        this.messages = this.messages.filter((message) => message.id !== data.inboxID);
        this.byID.delete(data.inboxID);
        return "order";
      case "session.execution.started":
        this.running = true;
        this.retry = null;
        return "state";
      case "session.execution.succeeded":
      case "session.execution.failed":
      case "session.execution.interrupted":
        this.running = false;
        this.retry = null;
        if (event.type === "session.execution.failed") return this.put({ type: "idle", id: event.id, outcome: "failed", error: data.error, time: { created } });
        if (event.type === "session.execution.interrupted") return this.put({ type: "idle", id: event.id, outcome: "interrupted", time: { created } });
        return "state";
      case "session.retry.scheduled":
        this.retry = { attempt: data.attempt, at: data.at, error: data.error };
        return "state";
      case "session.step.started":
        this.retry = null;
        return change((m) => Object.assign(m, { agent: data.agent, model: data.model }));
      case "session.text.started": return change((m) => this.item(m, "text", data.ordinal));
      case "session.text.delta": return change((m) => (this.item(m, "text", data.ordinal).text += data.delta));
      case "session.text.ended": return change((m) => (this.item(m, "text", data.ordinal).text = data.text));
      case "session.reasoning.started":
        return change((m) => (this.item(m, "reasoning", data.ordinal).time = { created }));
      case "session.reasoning.delta": return change((m) => (this.item(m, "reasoning", data.ordinal).text += data.delta));
      case "session.reasoning.ended": return change((m) => {
        const item = this.item(m, "reasoning", data.ordinal);
        item.text = data.text;
        item.time = { ...item.time, completed: created };
      });
      case "session.tool.input.started": return change((m) => {
        const tool = this.tool(m, data.id);
        tool.name = data.name;
        tool.time = { created };
      });
      case "session.tool.called": return change((m) => {
        const tool = this.tool(m, data.id);
        tool.state = { status: "running", input: data.input ?? {}, metadata: {} };
        tool.time = { ...tool.time, ran: created };
      });
      case "session.tool.progress": return change((m) => {
        const tool = this.tool(m, data.id);
        if (tool.state.status === "running") tool.state.metadata = data.metadata;
      });
      case "session.tool.success": return change((m) => {
        const tool = this.tool(m, data.id);
        tool.state = { status: "completed", input: input(tool), content: data.content ?? [], metadata: data.metadata };
        tool.time = { ...tool.time, completed: created };
      });
      case "session.tool.failed": return change((m) => {
        const tool = this.tool(m, data.id);
        tool.state = { status: "error", input: input(tool), error: data.error, content: data.content, metadata: data.metadata };
        tool.time = { ...tool.time, completed: created };
      });
      case "session.step.ended":
      case "session.step.failed": return change((m) => {
        for (const name of ["finish", "cost", "tokens", "error"]) if (data[name] !== undefined) m[name] = data[name];
        m.time = { ...m.time, completed: created };
      });
      case "session.synthetic": return this.put({ type: "synthetic", id: event.id, text: data.text, description: data.description, time: { created } });
      case "session.compaction.started":
      case "session.compaction.ended":
      case "session.compaction.failed":
      case "session.message.added":
      case "session.message.content.updated":
      case "session.revert.staged":
      case "session.revert.cleared":
      case "session.revert.committed":
      case "session.reverted":
      case "session.unreverted":
      case "session.imported":
      case "session.shell.started":
      case "session.shell.ended":
      case "session.skill.activated":
      case "server.gap": return "reload";
      default: return null;
    }
  }

  /** Tokens of the latest request: what is in the model's context now. */
  get context() {
    for (const message of this.messages.toReversed()) {
      const t = message.type === "assistant" ? message.tokens : null;
      if (t) return { used: (t.input ?? 0) + (t.output ?? 0) + (t.reasoning ?? 0) + (t.cache?.read ?? 0) + (t.cache?.write ?? 0), model: message.model };
    }
    return null;
  }

  /** The tool call with this id. */
  call(id) {
    for (const message of this.messages.toReversed()) {
      const tool = message.content?.find?.((item) => item.type === "tool" && item.id === id);
      if (tool) return tool;
    }
    return null;
  }
}
