// The undo preview and the details panel.
import { $, fill, h, icon, money, safe, tokens } from "./dom.js";
import { get, path, post } from "./api.js";

const STATES = {
  restored: ["will be restored", "restored"], "already-original": ["is as it was", "is as it was"],
  "changed-by-you": ["kept: changed by you", "kept: changed by you"], "missing-object": ["kept: its old content is missing", "kept: its old content is missing"],
  skipped: ["kept", "kept"],
};

/** Shows what an undo would do, then does it. */
export async function undoDialog(session, announce) {
  const dialog = $("dialog");
  const body = h("div");
  const buttons = h("div", { class: "buttons" });
  const close = () => dialog.close();
  fill(dialog, h("h2", { id: "dialog-title" }, "Undo file changes"), body, buttons);
  const closing = (text) => h("button", { type: "button", onclick: close }, text);
  const failed = (error) => {
    fill(body, h("p", { class: error.status === 404 ? "" : "error" }, error.status === 404 ? "No turn of this session has file changes left to undo." : error.message));
  };
  const files = (report, isDone) => [
    report.files.length ? h("ul", { class: "plan" }, report.files.map((file) => h("li", { "data-state": file.state },
      h("code", { dir: "auto" }, safe(file.path)), h("span", null, (STATES[file.state] ?? ["", ""])[isDone ? 1 : 0], file.reason && ` (${safe(file.reason)})`))))
      : h("p", null, "No file changes."),
    (report.notices ?? []).map((notice) => h("p", { class: "about" }, safe(notice))),
  ];
  const run = async (verb, dryRun) => (await post(path`session/${session}/` + verb, { dryRun })).data;
  const act = async (verb) => {
    buttons.inert = true;
    try {
      const report = await run(verb, false);
      fill(body, h("p", null, verb === "undo" ? "Undone. A checkpoint was made first, so it can be taken back." : "Taken back."), files(report, true));
      fill(buttons, verb === "undo" && h("button", { type: "button", onclick: () => act("redo") }, "Redo"), closing("Close"));
      announce(verb === "undo" ? "File changes undone." : "Undo taken back.");
    } catch (error) { failed(error); }
    buttons.inert = false;
    buttons.lastElementChild?.focus();
  };
  fill(body, h("p", null, "Reading what would change …"));
  fill(buttons, closing("Cancel"));
  dialog.showModal();
  try {
    const report = await run("undo", true);
    const count = report.files.filter((file) => file.state === "restored").length;
    fill(body, h("p", null, "This takes back the last turn that changed files. Nothing is changed yet."), files(report, false));
    const apply = h("button", { type: "button", class: "primary", disabled: !count, onclick: () => act("undo") },
      count === 1 ? "Undo 1 file" : `Undo ${count} files`);
    fill(buttons, apply, closing("Cancel"));
    (count ? apply : buttons.lastElementChild).focus();
  } catch (error) {
    failed(error);
    const redo = await run("redo", true).catch(() => null);
    if (redo?.files.length) fill(buttons, h("button", { type: "button", onclick: () => act("redo") }, "Redo the last undo"), closing("Close"));
  }
}

const meter = (used, limit) => h("meter", { min: 0, max: limit, value: used, low: limit * 0.6, high: limit * 0.85, optimum: 0, "aria-label": "Context used" });

/** Context, cost, providers, MCP servers, trust. */
export async function details(node, app) {
  const { info, conversation, models } = app;
  const context = conversation?.context;
  const limit = context && models.find((m) => m.providerID === context.model?.providerID && (m.modelID === context.model?.id || m.id === context.model?.id))?.limit?.context;
  const rows = (pairs) => h("dl", null, pairs.filter((pair) => pair[1] !== undefined && pair[1] !== "").map(([name, value]) => [h("dt", null, name), h("dd", null, value)]));
  const section = (title, ...children) => h("section", null, h("h3", null, title), children);
  const t = info?.tokens ?? {};
  const session = section("Session",
    context && limit ? [meter(context.used, limit), h("p", { class: "about" }, `${tokens(context.used)} of ${tokens(limit)} tokens in context`)] : null,
    rows([["Cost", info ? money(info.cost ?? 0) : ""], ["Requests", info?.usage?.requests ?? ""],
      ["Input", info ? tokens(t.input ?? 0) : ""], ["Output", info ? tokens((t.output ?? 0) + (t.reasoning ?? 0)) : ""],
      ["Cache", info && t.cache ? tokens((t.cache.read ?? 0) + (t.cache.write ?? 0)) : ""], ["Directory", h("code", { dir: "auto" }, safe(info?.location?.directory ?? app.directory))]]));
  const head = h("header", null, h("h2", null, "Details"),
    h("button", { type: "button", class: "icon", "aria-label": "Close details", onclick: () => app.toggleDetails(false) }, icon("close")));
  const rest = h("div");
  fill(node, head, session, rest);
  const quiet = (request) => request.catch(() => null);
  const [providers, mcp, trust] = await Promise.all([quiet(get("api/provider")), quiet(get("api/mcp")), quiet(get("api/trust"))]);
  const pending = trust?.data?.pendingApproval ?? [];
  const known = providers?.data ?? [];
  const ready = known.filter((provider) => provider.available ?? provider.activation === "enabled");
  fill(rest,
    pending.length ? section("Not trusted yet", h("p", { class: "about" }, "This directory asks for things that could run programs or send secrets. They do nothing until you approve them:"),
      h("ul", { class: "states" }, pending.slice(0, 8).map((item) => h("li", null, h("code", { dir: "auto" }, safe(item.key))))),
      h("p", { class: "about" }, "In a terminal: ", h("code", null, safe(pending[0].command)))) : null,
    section("Providers", h("ul", { class: "states" }, ready.map((provider) => h("li", { "data-state": "connected" }, safe(provider.name), h("span", null, "ready")))),
      ready.length ? null : h("p", { class: "about" }, "No provider has a key. In a terminal: ", h("code", null, "codetether auth login")),
      known.length > ready.length && h("p", { class: "about" }, `${known.length - ready.length} more without a key`)),
    // A server without MCP answers 501: then there is nothing to show.
    mcp && section("MCP servers", mcp.data?.length ? h("ul", { class: "states" }, mcp.data.map((server) => {
      const status = server.status?.status ?? server.status?.type ?? server.status;
      return h("li", { "data-state": String(status), title: safe(server.status?.error ?? "") }, safe(server.name), h("span", null, safe(String(status).replaceAll("_", " "))));
    })) : h("p", { class: "about" }, "None. In a terminal: ", h("code", null, "codetether mcp add"))));
}
