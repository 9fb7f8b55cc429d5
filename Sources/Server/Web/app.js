// The page: which session is open, what is asked for, and how the server is reached.
import { $, age, clip, fill, h, money, safe, tokens } from "./dom.js";
import { APIError, Stream, call, get, messageID, onSignedOut, path, post } from "./api.js";
import { Conversation } from "./fold.js";
import { Transcript } from "./transcript.js";
import { Asks } from "./asks.js";
import { details, undoDialog } from "./dialogs.js";
import { Terminal } from "./terminal.js";

const PAGE = 100;
const prompt = $("prompt"), scroll = $("scroll");

const app = {
  session: null, info: null, conversation: null, models: [], directory: "", states: { events: "connecting" }, waiting: new Set(), running: new Set(), generation: 0,
};
const announce = (text) => { $("announcer").textContent = text; };
const transcript = new Transcript($("log"), (jump) => drawn(jump));
const asks = new Asks($("asks"), (id) => app.conversation?.call(id), announce, () => chrome());

// MARK: Live state

const LIVE = {
  connected: ["connected", "Connected"], connecting: ["connecting", "Connecting"], reconnecting: ["reconnecting", "Reconnecting"],
  offline: ["offline", "Offline"], gone: ["offline", "Signed out"],
};
const ORDER = ["gone", "offline", "reconnecting", "connecting", "connected"];

function live(name, state) {
  app.states[name] = state;
  const worst = ORDER.find((state) => Object.values(app.states).includes(state)) ?? "connecting";
  const [key, text] = LIVE[worst];
  const pill = $("live");
  if (pill.dataset.state === key && pill.textContent === text) return;
  pill.dataset.state = key;
  pill.textContent = text;
}

// MARK: Signing in

onSignedOut(() => {
  if (!$("signin").hidden) return;
  $("signin").hidden = false;
  app.isSignedOut = true;
  chrome();
  document.body.classList.add("signed-out");
  live("events", "gone");
  $("signin-title").focus();
});

$("signin-form").addEventListener("submit", async (event) => {
  event.preventDefault();
  const secret = $("secret").value;
  const basic = "Basic " + btoa(String.fromCharCode(...new TextEncoder().encode(`codetether:${secret}`)));
  $("signin-error").textContent = "";
  for (const authorization of [`Bearer ${secret.trim()}`, basic]) {
    try {
      const { data } = await call("POST", "api/login", undefined, { authorization });
      // The code of the link, at the address that this browser uses.
      location.assign(new URL("login" + new URL(data.url).search, new URL("./", document.baseURI)));
      return;
    } catch (error) {
      if (error.status !== 401) return void ($("signin-error").textContent = error.message);
    }
  }
  $("signin-error").textContent = "The server does not know this token or password.";
});

// MARK: Sessions

let listing = 0;
async function list() {
  const turn = ++listing;
  const search = $("search").value.trim();
  const query = new URLSearchParams({ limit: "100", ...(search && { search }) });
  const [sessions, active] = await Promise.all([get(`api/session?${query}`), get("api/session/active")]).catch(() => []);
  if (turn !== listing || !sessions) return;
  app.running = new Set(Object.keys(active?.data ?? {}));
  app.sessions = sessions.data;
  drawList(search);
}

function drawList(search = $("search").value.trim()) {
  const hadFocus = $("sessions").contains(document.activeElement) ? document.activeElement.getAttribute("href") : null;
  const rows = (app.sessions ?? []).map((session) => {
    const isOpen = session.id === app.session;
    const state = app.waiting.has(session.id) ? "waiting" : app.running.has(session.id) ? "running" : "";
    const elsewhere = session.location?.directory !== app.directory && session.location?.directory?.split("/").pop();
    return h("li", null, h("a", { href: `#/${session.id}`, "aria-current": isOpen ? "page" : undefined, dir: "auto" },
      h("span", { class: "session-title" }, safe(session.title || "Untitled")),
      h("span", { class: "session-note" }, state && h("span", { class: `dot ${state}`, role: "img", "aria-label": state === "waiting" ? "Waiting for you" : "Running" }),
        elsewhere && `${clip(safe(elsewhere), 18)} · `, age(session.time?.updated ?? 0))));
  });
  fill($("sessions"), rows.length ? rows : h("li", { class: "none" }, search ? "Nothing found." : "No sessions yet."));
  if (hadFocus) $("sessions").querySelector(`a[href="${CSS.escape(hadFocus)}"]`)?.focus();
}

let listTimer = 0;
const listSoon = (delay = 250) => {
  clearTimeout(listTimer);
  listTimer = setTimeout(list, delay);
};
$("search").addEventListener("input", () => listSoon(180));
$("search").addEventListener("keydown", (event) => {
  if (event.key === "Enter") $("sessions").querySelector("a")?.click();
});
$("new").addEventListener("click", () => {
  menu(false);
  if (location.hash) location.hash = "";
  else open(null);
  prompt.focus();
});

// MARK: The open session

const drafts = {
  key: () => `codetether.draft.${app.session ?? "new"}`,
  keep: () => { try { prompt.value ? sessionStorage.setItem(drafts.key(), prompt.value) : sessionStorage.removeItem(drafts.key()); } catch {} },
  take: () => { try { return sessionStorage.getItem(drafts.key()) ?? ""; } catch { return ""; } },
};

async function open(id) {
  const turn = ++app.generation;
  app.stream?.stop();
  delete app.states.session;
  Object.assign(app, { session: id, info: null, conversation: new Conversation(), stream: null, earlier: null });
  live("events", app.states.events);
  prompt.value = drafts.take();
  grow();
  problem("");
  transcript.show(app.conversation);
  chrome();
  drawList();
  $("earlier").hidden = true;
  asks.open(id);
  if (id) await read(turn);
  else pick();
}

/** Reads the session's state, then follows its log from there. */
async function read(turn = app.generation) {
  const id = app.session;
  try {
    const info = (await get(path`session/${id}`)).data;
    const [page, inbox, active] = await Promise.all([
      get(path`session/${id}/message` + `?limit=${PAGE}&order=desc`), get(path`session/${id}/inbox`), get("api/session/active"),
    ]);
    if (turn !== app.generation) return;
    app.info = info;
    app.earlier = page.cursor?.next ?? null;
    const hidden = info.revert?.messageID;
    let messages = page.data.reverse();
    if (hidden && messages.some((message) => message.id === hidden)) messages = messages.slice(0, messages.findIndex((message) => message.id === hidden));
    app.conversation.load(messages, inbox.data, id in active.data);
    $("earlier").hidden = !app.earlier;
    transcript.show(app.conversation);
    pick();
    chrome();
    asks.called();
    app.stream?.stop();
    app.stream = new Stream(path`session/${id}/log` + `?after=${info.seq ?? 0}&follow=true`, take, (state) => turn === app.generation && live("session", state));
  } catch (error) {
    if (turn !== app.generation) return;
    if (error.status === 404) {
      problem(`There is no session ${safe(id)} any more.`);
      history.replaceState(null, "", location.pathname);
      open(null);
    } else if (error.status !== 401) {
      problem(error.message);
      setTimeout(() => turn === app.generation && read(turn), 3000);
    }
  }
}

let rereading = 0;
/** An event of the open session. */
function take(event) {
  const result = app.conversation.apply(event);
  if (event.type === "session.tool.called") asks.called();
  if (result === "reload") {
    clearTimeout(rereading);
    rereading = setTimeout(() => read(), 150);
  } else if (result === "order") transcript.order();
  else if (result && result !== "state") transcript.changed(result);
  if (result === "state" || event.type?.startsWith("session.execution")) {
    if (event.type === "session.execution.succeeded") announce("The answer is complete.");
    if (event.type.startsWith("session.execution") && !app.conversation.running) refreshInfo();
    chrome();
  }
  if (event.type === "session.step.ended") refreshInfo();
  if (event.type === "session.renamed" && app.info) {
    app.info.title = event.data.title;
    chrome();
  }
}

async function refreshInfo() {
  const turn = app.generation;
  const reply = await get(path`session/${app.session}`).catch(() => null);
  if (!reply || turn !== app.generation) return;
  app.info = reply.data;
  chrome();
  if (!$("details").hidden) details($("details"), app);
}

$("earlier").addEventListener("click", async () => {
  const turn = app.generation;
  const reply = await get(path`session/${app.session}/message` + `?limit=${PAGE}&order=desc&cursor=${encodeURIComponent(app.earlier)}`).catch((error) => void problem(error.message));
  if (!reply || turn !== app.generation) return;
  app.earlier = reply.cursor?.next ?? null;
  $("earlier").hidden = !app.earlier;
  const height = scroll.scrollHeight;
  app.conversation.prepend(reply.data.reverse());
  transcript.order();
  scroll.scrollTop += scroll.scrollHeight - height;
});

/** An event of any session. */
function everything(event) {
  const data = event.data ?? {};
  asks.apply(event);
  switch (event.type) {
    case "permission.asked": app.waiting.add(data.sessionID); return drawList();
    case "form.created": app.waiting.add(data.form?.sessionID); return drawList();
    case "permission.replied": case "form.replied": case "form.cancelled": app.waiting.delete(data.sessionID); return drawList();
    case "session.execution.started": app.running.add(data.sessionID); return drawList();
    case "session.execution.succeeded": case "session.execution.failed": case "session.execution.interrupted":
      app.waiting.delete(data.sessionID);
      return listSoon(50);
    case "server.gap": listSoon(); asks.reload(); return;
    case "server.stopping": return announce("The server stops.");
    case "mcp.status.changed": case "provider.updated": if (!$("details").hidden) details($("details"), app); return;
    case "agent.updated": case "model.updated": return void choices();
  }
  if (/^session\.(created|deleted|renamed|archived|unarchived|forked|imported|moved)$/.test(event.type)) listSoon();
}

// MARK: Prompting

async function send(event) {
  event?.preventDefault();
  const text = prompt.value.trim();
  if (!text || app.sending) return;
  app.sending = true;
  problem("");
  chrome();
  // The same id when it is sent again: the server takes it once.
  const id = (app.unsent?.text === text && app.unsent.session === app.session && app.unsent.id) || messageID();
  app.unsent = { text, session: app.session, id };
  try {
    if (!app.session) {
      const made = await post("api/session", choice());
      drafts.keep();
      try { sessionStorage.removeItem("codetether.draft.new"); } catch {}
      history.replaceState(null, "", `#/${made.data.id}`);
      await open(made.data.id);
      prompt.value = text;
      app.unsent.session = made.data.id;
    }
    await post(path`session/${app.session}/prompt`, { id, text, ...choice(true) });
    app.unsent = null;
    if (prompt.value.trim() === text) prompt.value = "";
    drafts.keep();
    grow();
    app.follow = true;
    listSoon();
  } catch (error) {
    problem(error instanceof APIError ? `${error.message} Your prompt is still here.` : String(error));
  }
  app.sending = false;
  chrome();
  // An ask may have come before the answer to the prompt.
  if (!asks.focus()) prompt.focus();
}

/** The model and agent that are chosen, where they differ from the session's. */
function choice(isPrompt = false) {
  const chosen = {};
  const model = $("model").value, agent = $("agent").value;
  if (model && !(isPrompt && app.info?.model && model === `${app.info.model.providerID}/${app.info.model.id}`)) chosen.model = model;
  if (agent && !(isPrompt && agent === app.info?.agent)) chosen.agent = agent;
  return chosen;
}

$("composer").addEventListener("submit", send);
prompt.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && !event.shiftKey && !event.isComposing) send(event);
});
prompt.addEventListener("input", () => {
  drafts.keep();
  grow();
  chrome();
});
$("stop").addEventListener("click", async () => {
  await post(path`session/${app.session}/interrupt`).catch((error) => problem(error.message));
  prompt.focus();
});

function grow() {
  prompt.style.height = "auto";
  prompt.style.height = `${Math.min(prompt.scrollHeight, innerHeight * 0.4)}px`;
}

function problem(text) { $("problem").textContent = text; }

// MARK: Models and agents

async function choices() {
  const place = await get("api/location").catch((error) => void (error.status === 401 || problem(error.message)));
  if (app.isSignedOut) return;
  const [models, agents, fallback] = await Promise.all([get("api/model"), get("api/agent"), get("api/model/default")].map((request) => request.catch(() => null)));
  if (place) {
    app.directory = place.directory ?? place.data?.directory ?? "";
    $("place").textContent = safe(app.directory);
    $("empty-place").textContent = `In ${safe(app.directory)}`;
  }
  if (models) {
    app.models = models.data;
    const usable = models.data.filter((model) => model.available ?? model.enabled);
    const groups = Map.groupBy ? Map.groupBy(usable, (model) => model.providerID) : usable.reduce((map, m) => map.set(m.providerID, [...(map.get(m.providerID) ?? []), m]), new Map());
    fill($("model"), [...groups].map(([provider, list]) => {
      const group = document.createElement("optgroup");
      group.label = safe(provider);
      for (const model of list) group.append(h("option", { value: `${model.providerID}/${model.modelID ?? model.id}` }, safe(model.name || model.id)));
      return group;
    }), usable.length ? null : h("option", { value: "" }, "No model"));
    app.fallback = fallback?.data ? `${fallback.data.providerID}/${fallback.data.modelID ?? fallback.data.id}` : "";
  }
  if (agents) {
    const usable = agents.data.filter((agent) => !agent.hidden && agent.mode !== "subagent");
    fill($("agent"), usable.map((agent) => h("option", { value: agent.id, title: safe(agent.description ?? "") }, safe(agent.name ?? agent.id))));
  }
  pick();
  drawList();
  chrome();
}

function pick() {
  const model = app.info?.model ? `${app.info.model.providerID}/${app.info.model.id}` : app.fallback;
  const has = (select, value) => [...select.options].some((option) => option.value === value);
  if (model && has($("model"), model)) $("model").value = model;
  const agent = app.info?.agent ?? "build";
  if (has($("agent"), agent)) $("agent").value = agent;
}

// MARK: What is around the conversation

function chrome() {
  const { conversation, info } = app;
  const running = !!conversation?.running;
  const title = app.isSignedOut ? "Signed out" : info?.title || (app.session ? "Untitled" : "New session");
  $("title").textContent = safe(title);
  document.title = `${asks.count ? "● " : running ? "… " : ""}${clip(safe(title), 60)} · codetether`;
  $("empty").hidden = !!conversation?.messages.length || !!app.session;
  $("stop").hidden = !running;
  $("send").disabled = app.sending || !prompt.value.trim();
  $("log").setAttribute("aria-busy", String(running));
  document.body.classList.toggle("running", running);
  $("undo").disabled = !app.session;
  const retry = conversation?.retry;
  $("hint").textContent = retry ? `Trying again (${retry.attempt}): ${clip(safe(retry.error?.message ?? ""), 80)}` : asks.count ? "Waiting for you" : running ? "Working …" : "";
  const usage = $("usage"), context = conversation?.context;
  const limit = context && app.models.find((m) => m.providerID === context.model?.providerID && (m.modelID ?? m.id) === context.model?.id)?.limit?.context;
  usage.hidden = !context;
  if (context) {
    const parts = [limit ? `${Math.round((100 * context.used) / limit)}%` : tokens(context.used), info ? money(info.cost ?? 0) : ""].filter(Boolean);
    usage.textContent = parts.join(" · ");
    usage.setAttribute("aria-label", `Context and cost: ${parts.join(", ")}. Details`);
  }
}

function drawn(jump) {
  if (jump || app.follow) scroll.scrollTop = scroll.scrollHeight;
  $("empty").hidden = !!app.conversation?.messages.length || !!app.session;
}
app.follow = true;
let lastTop = 0;
scroll.addEventListener("scroll", () => {
  const isAtEnd = scroll.scrollTop + scroll.clientHeight > scroll.scrollHeight - 60;
  // Only a move up lets go of the end: what grows moves nothing.
  if (isAtEnd) app.follow = true;
  else if (scroll.scrollTop < lastTop) app.follow = false;
  lastTop = scroll.scrollTop;
  $("latest").hidden = app.follow;
}, { passive: true });
const sizes = new ResizeObserver(() => app.follow && (scroll.scrollTop = scroll.scrollHeight));
sizes.observe(scroll);
sizes.observe($("log"));
$("latest").addEventListener("click", () => {
  app.follow = true;
  scroll.scrollTop = scroll.scrollHeight;
});

function menu(isOpen) {
  document.body.classList.toggle("menu", isOpen);
  $("menu").setAttribute("aria-expanded", String(isOpen));
  $("shade").hidden = !isOpen;
  if (isOpen) $("search").focus();
}
$("menu").addEventListener("click", () => menu(!document.body.classList.contains("menu")));
$("shade").addEventListener("click", () => menu(false));
addEventListener("keydown", (event) => {
  if (event.key === "Escape" && document.body.classList.contains("menu")) {
    menu(false);
    $("menu").focus();
  }
});
$("skip").addEventListener("click", () => prompt.focus());

app.toggleDetails = (isOpen = $("details").hidden) => {
  const had = $("details").contains(document.activeElement);
  $("details").hidden = !isOpen;
  $("open-details").setAttribute("aria-expanded", String(isOpen));
  if (isOpen) details($("details"), app).then(() => $("details").querySelector("button")?.focus());
  else if (had) $("open-details").focus();
};
$("open-details").addEventListener("click", () => app.toggleDetails());
$("usage").addEventListener("click", () => app.toggleDetails(true));
$("undo").addEventListener("click", () => undoDialog(app.session, announce));

let terminal = null;
function toggleTerminal(isOpen = $("terminal").hidden) {
  $("terminal").hidden = !isOpen;
  $("open-terminal").setAttribute("aria-expanded", String(isOpen));
  if (isOpen) (terminal ??= new Terminal($("terminal"), () => toggleTerminal(false))).open();
  else $("open-terminal").focus();
}
$("open-terminal").addEventListener("click", () => toggleTerminal());

const THEMES = ["", "light", "dark"], THEME_NAMES = { "": "automatic", light: "light", dark: "dark" };
function theme(next) {
  const now = document.documentElement.dataset.theme ?? "";
  const value = next ? THEMES[(THEMES.indexOf(now) + 1) % THEMES.length] : now;
  if (value) document.documentElement.dataset.theme = value;
  else delete document.documentElement.dataset.theme;
  try { value ? localStorage.setItem("codetether.theme", value) : localStorage.removeItem("codetether.theme"); } catch {}
  $("theme").setAttribute("aria-label", `Theme: ${THEME_NAMES[value]}`);
  $("theme").title = `Theme: ${THEME_NAMES[value]}`;
}
$("theme").addEventListener("click", () => theme(true));
theme(false);

// MARK: Start

const route = () => {
  const id = /^#\/(ses_[\w.-]+)$/.exec(location.hash)?.[1] ?? null;
  menu(false);
  if (id !== app.session || !app.conversation) open(id);
};
// One question first: a browser that is not signed in asks no more.
choices().then(() => app.isSignedOut || start());

function start() {
  new Stream("api/event", everything, (state) => {
    const before = app.states.events;
    live("events", state);
    if (state === "connected" && before !== "connected") {
      list();
      asks.reload();
      if (!app.models.length) choices();
    }
  });
  addEventListener("hashchange", route);
  route();
}
setInterval(() => document.hidden || drawList(), 60000);
if (matchMedia("(min-width: 48rem)").matches) prompt.focus();
