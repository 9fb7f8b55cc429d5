// The page: sessions at the side, the conversation, asks, the composer, and a panel with a terminal or the status.
import { ApiError, call, data, follow, get, query, setToken } from "./api.js";
import { refreshAsks } from "./asks.js";
import { Chat, undo } from "./chat.js";
import { $, dialog, h, visible, when } from "./dom.js";
import { Terminal } from "./terminal.js";

const chat = new Chat();
let current = null; // the session shown
let sessions = [];
let cursor = null;
let models = [];
let running = new Set();
let panel = null;
let pending = new Map(); // throttled refreshes

const soon = (key, work, ms = 120) => {
  if (pending.has(key)) return;
  pending.set(key, setTimeout(() => { pending.delete(key); work().catch(report); }, ms));
};

function report(error) {
  if (error instanceof ApiError && error.status === 401) { denied(); return; }
  $("notice").textContent = visible(error.message);
  $("notice").hidden = false;
  setTimeout(() => { $("notice").hidden = true; }, 12000);
}

async function loadSessions(more = false) {
  const search = $("search").value.trim();
  const page = await get(`session${query({ limit: 40, search, cursor: more ? cursor : null })}`);
  sessions = more ? [...sessions, ...page.data] : page.data;
  cursor = page.cursor?.next ?? null;
  $("more").hidden = !cursor;
  drawSessions();
}

function drawSessions() {
  $("sessions").replaceChildren(...sessions.map((session) => h("li", {}, h("button", {
    type: "button", "aria-current": current?.id === session.id ? "true" : null, onclick: () => choose(session.id),
  }, visible(session.title ?? "New session"), h("small", { text: `${running.has(session.id) ? "running · " : ""}${when(session.time.updated)} · ${visible(session.location?.directory ?? "")}` })))));
}

async function choose(id) {
  $("sidebar").classList.remove("open");
  current = id ? (await get(`session/${id}`)).data : null;
  history.replaceState(null, "", id ? `#${id}` : location.pathname);
  await chat.show(id);
  if (current?.model) $("model").value = `${current.model.providerID}/${current.model.id}`;
  if (current?.agent) $("agent").value = current.agent;
  drawSessions();
  drawHead();
  await refreshAsks(id);
  $("prompt").focus();
}

function drawHead() {
  const busy = current && running.has(current.id);
  $("title").textContent = current ? visible(current.title ?? "New session") : "";
  document.title = `${busy ? "● " : ""}${current?.title ? `${visible(current.title)} – ` : ""}codetether`;
  $("stop").hidden = !busy;
  $("undo").disabled = !current || busy;
  const tokens = current?.tokens;
  const context = tokens ? tokens.input + tokens.output + (tokens.cache?.read ?? 0) : 0;
  const limit = models.find((model) => `${model.providerID}/${model.modelID ?? model.id}` === $("model").value)?.limit?.context;
  $("usage").textContent = current ? `${context.toLocaleString()} tokens${limit ? ` of ${limit.toLocaleString()}` : ""} · $${(current.cost ?? 0).toFixed(4)}` : "";
}

async function send() {
  const text = $("prompt").value.trim();
  if (!text) return;
  $("send").disabled = true;
  try {
    const chosen = $("model").value;
    if (!current) {
      const created = await call("POST", "session", {});
      current = created.data;
      await choose(current.id);
    }
    await call("POST", `session/${current.id}/prompt`, {
      text, delivery: running.has(current.id) ? "steer" : "queue", ...(chosen ? { model: chosen } : {}), ...($("agent").value ? { agent: $("agent").value } : {}),
    });
    $("prompt").value = "";
    sessionStorage.removeItem("draft");
    soon("sessions", loadSessions);
  } catch (error) { report(error); } finally { $("send").disabled = false; }
}

function onEvent(event) {
  const { type, data: body } = event;
  if (type === "server.connected") { soon("all", resync, 1); return; }
  if (type === "server.gap") { soon("all", resync, 1); return; }
  if (type === "server.stopping") { setLive("reconnecting"); return; }
  const id = body?.sessionID;
  if (type === "session.execution.started") running.add(id);
  if (/^session\.execution\.(succeeded|failed|interrupted)$/.test(type)) running.delete(id);
  if (type === "session.usage.updated" && id === current?.id) { current.cost = body.cost; current.tokens = body.tokens; drawHead(); }
  if (/^session\.(created|renamed|deleted|archived|unarchived|forked|execution\.)/.test(type)) {
    soon("sessions", loadSessions);
    if (id === current?.id && type === "session.renamed") current.title = body.title;
    if (id === current?.id) drawHead();
  }
  if (/^(permission|form)\./.test(type) && current) soon("asks", () => refreshAsks(current.id), 30);
  if (id && id === current?.id) chat.event(event);
  if (/^(mcp|plugin|integration)\./.test(type) && panel === "status") soon("status", drawStatus, 300);
}

async function resync() {
  running = new Set(Object.keys((await get("session/active").catch(() => ({ data: {} }))).data ?? {}));
  await loadSessions();
  if (current) {
    current = (await get(`session/${current.id}`)).data;
    await chat.reload();
    await refreshAsks(current.id);
  }
  drawHead();
}

function setLive(state) {
  $("live").dataset.state = state;
  $("live").textContent = state;
  if (state === "denied") denied();
}

async function denied() {
  const input = h("input", { type: "password", "aria-label": "Token", autocomplete: "off" });
  const answer = await dialog("This page needs to log in", h("div", {},
    h("p", {}, "Open the link that ", h("code", { text: "codetether web" }), " prints, or paste the server's token (", h("code", { text: "codetether serve" }), " says in which file it is)."), input),
  [["Use this token", "token", true]]);
  if (answer === "token" && input.value) { setToken(input.value.trim()); start().catch(report); }
}

async function drawStatus() {
  const box = $("panel");
  const list = (entries) => h("dl", {}, entries.flatMap(([term, value]) => [h("dt", { text: visible(term) }), h("dd", { text: visible(value) })]));
  const [info, mcp, providers] = await Promise.all([get("info").catch(() => null), data("mcp").catch(() => []), data("provider").catch(() => [])]);
  if (panel !== "status") return;
  const state = (server) => `${server.status?.status ?? server.status}${server.status?.error ? `: ${server.status.error}` : ""}${server.hint ? ` – ${server.hint}` : ""}`;
  box.replaceChildren(
    h("h2", { text: "Server" }), list([["version", info?.version ?? "?"], ["addresses", (info?.urls ?? []).join(" ")]]),
    h("h2", { text: "MCP servers" }), mcp.length ? list(mcp.map((server) => [server.name, state(server)])) : h("p", { text: "none" }),
    h("h2", { text: "Providers" }), list(providers.map((provider) => [provider.id, provider.name ?? ""])),
    current ? h("h2", { text: "This session" }) : "", current ? list([["id", current.id], ["directory", current.location?.directory ?? ""], ["input tokens", `${current.tokens?.input ?? 0}`], ["output tokens", `${current.tokens?.output ?? 0}`], ["read from cache", `${current.tokens?.cache?.read ?? 0}`], ["cost", `$${(current.cost ?? 0).toFixed(4)}`]]) : "");
}

let terminal = null;
async function showPanel(name) {
  panel = panel === name ? null : name;
  terminal?.close();
  terminal = null;
  $("panel").hidden = !panel;
  $("panel").replaceChildren();
  for (const key of ["terminal", "status"]) $(`panel-${key}`).setAttribute("aria-pressed", String(panel === key));
  if (panel === "status") await drawStatus();
  if (panel === "terminal") {
    terminal = new Terminal();
    terminal.element.style.height = "calc(100% - 1rem)";
    $("panel").append(terminal.element);
    await terminal.open(current?.location?.directory);
    terminal.element.focus();
  }
}

async function start() {
  const [agents, list, standard] = await Promise.all([data("agent"), data("model"), get("model/default").catch(() => null)]);
  models = list.filter((model) => model.enabled !== false);
  const name = (model) => `${model.providerID}/${model.modelID ?? model.id}`;
  $("model").replaceChildren(...models.map((model) => h("option", { value: name(model) }, name(model))));
  if (standard?.data) $("model").value = name(standard.data);
  $("agent").replaceChildren(...agents.filter((agent) => agent.mode !== "subagent" && !agent.hidden).map((agent) => h("option", { value: agent.id }, visible(agent.name ?? agent.id))));
  await loadSessions();
  const wanted = location.hash.slice(1);
  if (/^ses_[0-9a-z]+$/.test(wanted)) await choose(wanted).catch(report);
  follow(onEvent, setLive);
}

$("composer").addEventListener("submit", (event) => { event.preventDefault(); send(); });
$("prompt").addEventListener("keydown", (event) => {
  if (event.key === "Enter" && !event.shiftKey && !event.isComposing) { event.preventDefault(); send(); }
  if (event.key === "Escape" && current && running.has(current.id)) $("stop").click();
});
$("prompt").value = sessionStorage.getItem("draft") ?? "";
$("prompt").addEventListener("input", () => sessionStorage.setItem("draft", $("prompt").value));
$("stop").addEventListener("click", () => call("POST", `session/${current.id}/interrupt`).catch(report));
$("undo").addEventListener("click", async () => {
  try {
    const done = await undo(current.id, dialog);
    if (done) report({ message: `Undone: ${done.files.map((file) => `${file.path} ${file.state}`).join(", ")}` });
  } catch (error) { report(error); }
});
$("new").addEventListener("click", () => choose(null).catch(report));
$("more").addEventListener("click", () => loadSessions(true).catch(report));
$("search").addEventListener("input", () => soon("search", loadSessions, 250));
$("model").addEventListener("change", drawHead);
$("menu").addEventListener("click", () => $("menu").setAttribute("aria-expanded", String($("sidebar").classList.toggle("open"))));
for (const key of ["terminal", "status"]) $(`panel-${key}`).addEventListener("click", () => showPanel(key).catch(report));
document.addEventListener("keydown", (event) => { if (event.altKey && event.key === "n") { event.preventDefault(); $("new").click(); } });
window.addEventListener("hashchange", () => { const id = location.hash.slice(1); if (id && id !== current?.id) choose(id).catch(report); });
start().catch(report);
