"""Uses the web page in a real browser. usage: web_page.py SCENARIO URL [NAME=VALUE …]

A line of JSON per step goes to stdout; where the test has something to do in between, a line on stdin is waited for.
Exit code 0 when everything was as it should be, else 1 with what was not.
"""
import json
import re
import sys
import traceback
from urllib.parse import urlsplit

from playwright.sync_api import expect, sync_playwright

AUDIT = r"""() => {
  const problems = [];
  const seen = (n) => n.checkVisibility({ visibilityProperty: true, opacityProperty: false }) && !n.closest("[inert]");
  const name = (n) => (n.getAttribute("aria-label") || (n.getAttribute("aria-labelledby") || "").split(" ").map((id) => document.getElementById(id)?.textContent ?? "").join(" ").trim()
    || [...(n.labels ?? [])].map((l) => l.textContent).join(" ").trim() || (n.matches("input,select,textarea") ? "" : n.textContent.trim()) || n.title || "").trim();
  for (const n of document.querySelectorAll("button,a[href],input,select,textarea,[role=button],meter,dialog[open]")) {
    if (seen(n) && !name(n)) problems.push("no name: " + n.outerHTML.slice(0, 120));
  }
  for (const n of document.querySelectorAll("img")) if (!n.hasAttribute("alt")) problems.push("no alt: " + n.outerHTML);
  for (const n of document.querySelectorAll("[tabindex]")) if (n.tabIndex > 0) problems.push("tabindex: " + n.outerHTML.slice(0, 80));
  const ids = [...document.querySelectorAll("[id]")].map((n) => n.id);
  for (const id of new Set(ids)) if (ids.filter((other) => other === id).length > 1) problems.push("id twice: " + id);
  for (const n of document.querySelectorAll("[aria-controls],[aria-labelledby]")) {
    for (const id of [n.getAttribute("aria-controls"), n.getAttribute("aria-labelledby")]) {
      if (id && !n.matches("dialog:not([open])") && !document.getElementById(id)) problems.push("leads nowhere: " + id);
    }
  }
  for (const [selector, count] of [["main", 1], ["nav", 1], ["h1", 1]]) {
    if (document.querySelectorAll(selector).length !== count) problems.push("not one " + selector);
  }
  if (!document.documentElement.lang) problems.push("no lang");
  // Contrast of text with what is behind it.
  const canvas = new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true });
  const rgba = (color) => { canvas.clearRect(0, 0, 1, 1); canvas.fillStyle = color; canvas.fillRect(0, 0, 1, 1); return canvas.getImageData(0, 0, 1, 1).data; };
  const light = ([r, g, b]) => [r, g, b].map((v) => v / 255).map((v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)).reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const n = walker.currentNode.parentElement;
    if (!walker.currentNode.data.trim() || !seen(n) || n.closest("script,style,option,button:disabled,.hidden,.skip,.waiting")) continue;
    const style = getComputedStyle(n);
    if (parseFloat(style.fontSize) < 1) continue;
    let back = n, color = [0, 0, 0, 0];
    while (back && (color = rgba(getComputedStyle(back).backgroundColor))[3] < 255) back = back.parentElement;
    const a = light(rgba(style.color)), b = light(color);
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (ratio < 4.5) problems.push(`contrast ${ratio.toFixed(2)}: ${walker.currentNode.data.trim().slice(0, 40)} (${n.className || n.tagName})`);
  }
  return problems;
}"""

# Random Markdown and terminal output: nothing throws, takes long, gets lost, or becomes an element it must not be.
FUZZ = r"""async () => {
  const { MarkdownView } = await import("/assets/markdown.js");
  const { Screen } = await import("/assets/screen.js");
  const problems = [];
  let seed = 12345;
  const random = (n) => { seed = (seed * 1103515245 + 12345) & 0x7fffffff; return seed % n; };
  const some = (pieces, count) => Array.from({ length: count }, () => pieces[random(pieces.length)]).join("");
  const show = (text) => { const view = new MarkdownView(); view.update(text); return view; };
  for (const text of ["*".repeat(20000), "**a ".repeat(8000), "[".repeat(20000), "[a](".repeat(6000), "`a".repeat(8000), "_a ".repeat(9000),
    "> ".repeat(9000) + "x", "~~a".repeat(9000), "|".repeat(9000) + "\n|-|\n" + "|".repeat(9000), "```js\n" + "/*".repeat(9000) + "\n```"]) {
    const before = performance.now();
    show(text);
    if (performance.now() - before > 3000) problems.push("slow: " + text.slice(0, 20));
  }
  const tags = new Set("DIV P H3 H4 H5 H6 UL OL LI CODE PRE STRONG EM DEL A BLOCKQUOTE HR FIGURE FIGCAPTION SPAN BUTTON TABLE THEAD TBODY TR TH TD".split(" "));
  const pieces = ["*", "**", "_", "`", "```", "\n", "\n\n", "- ", "1. ", "> ", "|", "---", "#", "[", "](", "http://x.y", ")", "<b>", "!", "\\", "~~", "a",
    "word ", " ", "    ", "\u202e", "<script>", "javascript:", '"', "'"];
  for (let i = 0; i < 1000; i++) {
    const text = some(pieces, random(60));
    const { node } = show(text);
    for (const e of node.querySelectorAll("*")) {
      if (!tags.has(e.tagName)) problems.push("element " + e.tagName);
      if (e.tagName === "A" && !/^(https?|mailto):/.test(e.href)) problems.push("link " + e.href);
    }
    const words = (t) => (t.match(/word/g) ?? []).length;
    if (words(node.textContent) < words(text)) problems.push("lost: " + JSON.stringify(text));
    const growing = new MarkdownView();
    for (let end = 0; end < text.length; end += 5) growing.update(text.slice(0, end));
    growing.update(text);
    if (growing.node.outerHTML !== node.outerHTML) problems.push("grows differently: " + JSON.stringify(text));
  }
  const div = document.createElement("div"), screen = new Screen(div, () => {});
  const codes = ["\x1b[", "\x1b]0;", "\x07", "\x1b", "A", "H", "J", "K", "m", "r", "L", "M", "P", "@", "1", "5", "999999", "?1049", "h", "l", ";", "\n", "\r",
    "x", "é", "日", "\b", "\t", "c", "S", "T", "b", "X"];
  for (let i = 0; i < 1000; i++) {
    screen.write(some(codes, 40));
    if (i % 7 === 0) screen.resize(2 + random(40), 2 + random(100));
    screen.draw();
    if (screen.lines.length !== screen.rows) problems.push(`${screen.lines.length} lines on ${screen.rows} rows`);
  }
  screen.reset();
  screen.resize(24, 80);
  for (let i = 0; i < 20000; i++) screen.write(`line ${i}\r\n`);
  screen.draw();
  if (div.children.length !== 2024 || div.children[2022].textContent !== "line 19999") problems.push(`history of ${div.children.length}`);
  return problems.slice(0, 10);
}"""


def say(step, **data):
    print(json.dumps({"step": step, **data}), flush=True)


def turn(step, **data):
    """Tells the test that it is its turn, and waits for it."""
    say(step, **data)
    if sys.stdin.readline() == "":
        raise AssertionError(f"the test went away at {step}")


class Visit:
    """One browser profile with one page."""

    def __init__(self, browser, **options):
        self.context = browser.new_context(viewport={"width": 1200, "height": 800}, **options)
        self.page = self.context.new_page()
        self.problems, self.requests, self.allowed = [], [], ()
        self.page.on("console", lambda m: m.type in ("error", "warning") and self.problems.append(m.text))
        self.page.on("pageerror", lambda e: self.problems.append(str(e)))
        self.page.on("dialog", lambda d: (self.problems.append("a dialog: " + d.message), d.dismiss()))
        self.page.on("request", lambda r: self.requests.append(r.url))

    def open(self, url):
        self.response = self.page.goto(url)
        return self.page

    def connected(self):
        expect(self.page.locator("#live")).to_have_text("Connected", timeout=15000)

    def prompt(self, text):
        box = self.page.get_by_role("textbox", name="Prompt")
        box.fill(text)
        box.press("Enter")

    def audit(self, where):
        found = self.page.evaluate(AUDIT)
        assert not found, f"{where}: {found}"

    def clean(self, origin):
        bad = [p for p in self.problems if not any(a in p for a in self.allowed)]
        assert not bad, f"the console says {bad}"
        strangers = [r for r in self.requests if not r.startswith((origin, "data:", "blob:", origin.replace("http", "ws", 1)))]
        assert not strangers, f"requests to {strangers}"


def origin_of(url):
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def answers(page):
    return page.locator(".message").all_inner_texts()


def chat(browser, url, **_):
    """A whole working session."""
    v = Visit(browser, color_scheme="light")
    page = v.open(url)
    assert "code=" not in page.url and urlsplit(page.url).path == "/", page.url
    v.connected()
    v.audit("empty page")
    other = Visit(browser)
    other.open(url)
    assert other.response.status == 401, other.response.status
    expect(other.page.get_by_role("heading")).to_have_text("This login link cannot be used")
    other.context.close()

    v.prompt("Say something")
    expect(page.get_by_text("First words")).to_be_visible()
    assert page.locator("#log").get_attribute("aria-busy") == "true"
    expect(page.get_by_role("button", name="Stop")).to_be_visible()
    turn("streaming")
    expect(page.locator(".assistant")).to_contain_text("and the rest.")
    expect(page.get_by_role("button", name="Stop")).to_be_hidden()
    expect(page.get_by_role("textbox", name="Prompt")).to_have_value("")
    assert page.locator(".prose strong").inner_text() == "bold"

    # An ask, answered with the keyboard alone; the rule is shown before it is saved.
    # It may be there before the answer to the prompt is: the focus must not go back to the prompt then.
    held = []
    page.route("**/prompt", lambda route: held.append((route, route.fetch())), times=1)
    v.prompt("Change the file")
    ask = page.locator(".ask")
    expect(ask).to_contain_text("Edit a.txt")
    expect(ask.locator(".line.add")).to_contain_text("two")
    for _ in range(1000):
        if held:
            break
        page.wait_for_timeout(10)
    route, response = held.pop()
    route.fulfill(response=response)
    expect(page.get_by_role("textbox", name="Prompt")).to_have_value("")
    page.wait_for_function("document.activeElement.className === 'ask'")
    v.audit("ask")
    for _ in range(12):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.textContent").startswith("Always"):
            break
    page.keyboard.press("Enter")
    expect(ask.locator(".rules")).to_have_text("edit: a.txt")
    page.keyboard.press("ArrowLeft")
    assert page.evaluate("document.activeElement.value") == "session"
    turn("asked")
    page.keyboard.press("Enter")
    # Rejected with words that the model gets.
    expect(ask).to_contain_text("rm -rf")
    page.get_by_role("button", name="Reject …").click()
    page.keyboard.type("use make clean")
    page.get_by_role("button", name="Reject", exact=True).click()
    # A question.
    expect(ask).to_contain_text("Which database?")
    page.get_by_label("Postgres").check()
    page.get_by_role("button", name="Answer").click()
    expect(page.locator(".assistant").last).to_contain_text("All done.")
    expect(page.locator(".tool[data-state=completed] .diff .line.add")).to_contain_text("two")
    expect(page.locator(".tool[data-state=error] .tool-note")).to_have_text("denied")

    # Undo shows before it does.
    page.get_by_role("button", name="Undo file changes").click()
    dialog = page.get_by_role("dialog")
    expect(dialog.locator(".plan")).to_contain_text("a.txt")
    expect(dialog.locator(".plan")).to_contain_text("will be restored")
    v.audit("undo")
    turn("undo-preview")
    page.get_by_role("button", name="Undo 1 file").click()
    expect(dialog).to_contain_text("Undone.")
    turn("undone")
    page.get_by_role("button", name="Redo").click()
    expect(dialog).to_contain_text("Taken back.")
    turn("redone")
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()

    # A reload keeps the conversation.
    before, address = answers(page), page.url
    page.reload()
    v.connected()
    expect(page.locator(".assistant").last).to_contain_text("All done.")
    assert page.url == address
    assert answers(page) == before, (answers(page), before)

    # Stop, also after a reload in the middle of an answer.
    v.prompt("Work for long")
    expect(page.locator(".assistant").last).to_contain_text("Long work")
    page.reload()
    expect(page.locator(".assistant").last).to_contain_text("Long work")
    page.get_by_role("button", name="Stop").click()
    expect(page.locator(".note").last).to_have_text("Stopped.")

    # Search, themes, the phone, details.
    page.get_by_role("searchbox", name="Search sessions").fill("zzz")
    expect(page.locator("#sessions")).to_have_text("Nothing found.")
    page.get_by_role("searchbox", name="Search sessions").fill("say SOMETHING")
    expect(page.locator("#sessions a")).to_have_count(1)
    page.get_by_role("button", name="Details", exact=True).click()
    expect(page.locator("#details")).to_contain_text("Providers")
    expect(page.locator("#details")).to_contain_text("tokens in context")
    v.audit("light")
    for name in ("light", "dark"):
        page.get_by_role("button", name="Theme").click()
        expect(page.get_by_role("button", name="Theme")).to_have_attribute("aria-label", f"Theme: {name}")
    page.reload()
    v.connected()
    assert page.evaluate("document.documentElement.dataset.theme") == "dark"
    expect(page.locator(".assistant", has_text="All done.")).to_be_visible()
    v.audit("dark")
    page.set_viewport_size({"width": 375, "height": 700})
    page.get_by_role("button", name="Sessions").click()
    expect(page.locator("#sessions a").first).to_be_visible()
    page.locator("#sessions a").first.click()
    assert page.evaluate("document.documentElement.scrollWidth") <= 375
    v.audit("phone")
    v.clean(origin_of(url))


def terminal(browser, url, **_):
    """A terminal beside the conversation: what is typed, a reload, its end and a new one."""
    v = Visit(browser)
    page = v.open(url)
    v.connected()
    page.get_by_role("button", name="Terminal", exact=True).click()
    panel = page.get_by_role("region", name="Terminal", exact=True)
    screen = panel.locator(".screen")
    expect(panel.get_by_role("textbox")).to_be_focused()
    expect(screen).to_contain_text(re.compile(r"[$#] "))
    page.keyboard.type("stty size; echo sum $((40 + 2))")
    page.keyboard.press("Enter")
    expect(screen).to_contain_text("sum 42")
    page.keyboard.type("cat")
    page.keyboard.press("Enter")
    page.keyboard.press("Control+c")
    expect(screen).to_contain_text("^C")
    v.audit("terminal")
    page.reload()
    v.connected()
    page.get_by_role("button", name="Terminal", exact=True).click()
    expect(screen).to_contain_text("sum 42")
    page.keyboard.type("exit 3")
    page.keyboard.press("Enter")
    expect(panel.get_by_role("status")).to_contain_text("Ended with exit code 3.")
    panel.get_by_role("button", name="New").click()
    expect(panel.get_by_role("status")).to_have_text("")
    expect(screen).not_to_contain_text("sum 42")
    expect(screen).to_contain_text(re.compile(r"[$#] "))
    page.keyboard.press("Shift+Escape")
    expect(page.get_by_role("textbox", name="Prompt")).to_be_focused()
    v.clean(origin_of(url))


def hostile(browser, url, **_):
    """What a model, a tool and a repository say stays text."""
    v = Visit(browser)
    page = v.open(url)
    v.connected()
    v.prompt("Be evil <img src=x onerror=window.hacked=1>")
    expect(page.locator(".assistant").last).to_contain_text("The end.")
    page.locator(".tool summary").first.click()
    expect(page.locator(".tool-body").first).to_contain_text("<script>")
    page.wait_for_timeout(100)
    assert page.evaluate("window.hacked") is None
    links = page.eval_on_selector_all("#log a", "all => all.map((a) => [a.href, a.rel, a.target])")
    assert links == [["https://example.com/a_(b)", "noopener noreferrer", "_blank"]], links
    assert page.locator("#log :is(img, script, iframe, style, object, form, svg)").count() == 0
    text = page.locator("#log").inner_text()
    assert "\u202e" not in text and "\u2066" not in text and "\\u{202e}" in text, text
    assert "\u001b" not in text and "\\u{1b}" in text, text
    assert "<script>" in text and "javascript:" in text
    found = page.evaluate(FUZZ)
    assert not found, found
    # And what would run in spite of that may not.
    page.evaluate("() => { const s = document.createElement('script'); s.textContent = 'window.hacked = 1'; document.head.append(s); }")
    assert page.evaluate("window.hacked") is None, "inline script runs"
    v.problems = [p for p in v.problems if "Content Security Policy" not in p]
    v.clean(origin_of(url))


def offline(browser, url, **_):
    """A break in the connection is shown, and nothing is lost or doubled by it."""
    v = Visit(browser)
    v.allowed = ("ERR_INTERNET_DISCONNECTED", "ERR_CONNECTION_REFUSED", "ERR_INCOMPLETE_CHUNKED", "ERR_FAILED", "net::")
    page = v.open(url)
    v.connected()
    v.prompt("Count")
    expect(page.locator(".assistant").last).to_contain_text("one")
    v.context.set_offline(True)
    expect(page.locator("#live")).to_have_text("Offline")
    v.prompt("Lost?")
    expect(page.locator("#problem")).to_contain_text("Your prompt is still here.")
    expect(page.get_by_role("textbox", name="Prompt")).to_have_value("Lost?")
    turn("away")
    v.context.set_offline(False)
    v.connected()
    expect(page.locator(".assistant").last).to_contain_text("four")
    expect(page.locator(".assistant")).to_have_count(1)
    assert page.locator(".assistant").inner_text().split() == ["one", "two", "three", "four"], page.locator(".assistant").inner_text()
    page.get_by_role("textbox", name="Prompt").press("Enter")
    expect(page.locator(".assistant").last).to_contain_text("Found.")
    expect(page.locator(".message.user")).to_have_count(2)
    # The server goes away and comes back.
    turn("stop-server")
    expect(page.locator("#live")).to_have_text("Reconnecting", timeout=15000)
    turn("start-server")
    v.connected()
    expect(page.locator(".message")).to_have_count(4)
    v.prompt("Still there?")
    expect(page.locator(".assistant").last).to_contain_text("Yes.")
    v.clean(origin_of(url))


def signin(browser, url, secret="", **_):
    """A browser without a credential is told what to do."""
    v = Visit(browser)
    v.allowed = ("401",)
    page = v.open(url)
    expect(page.get_by_role("heading", name="This browser is not signed in")).to_be_focused()
    expect(page.locator("#signin")).to_contain_text("codetether web")
    expect(page.locator("#live")).to_have_text("Signed out")
    v.audit("signed out")
    page.get_by_label("Or sign in with").fill("wrong")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("alert").first).to_contain_text("does not know this token or password")
    page.get_by_label("Or sign in with").fill(secret)
    page.get_by_role("button", name="Sign in").click()
    v.connected()
    assert "code=" not in page.url
    cookie = [c for c in v.context.cookies() if c["name"] == "codetether"][0]
    assert cookie["httpOnly"] and cookie["sameSite"] == "Strict", cookie
    assert page.evaluate("document.cookie") == ""
    v.clean(origin_of(url))


def opened(browser, url, out="", **_):
    """Started as $BROWSER: opens what it was given."""
    v = Visit(browser)
    page = v.open(url)
    v.connected()
    v.clean(origin_of(url))
    with open(out, "w", encoding="utf-8") as file:
        json.dump({"given": url, "address": page.url, "title": page.title()}, file)


def main():
    scenario, rest = sys.argv[1], sys.argv[2:]
    values = dict(part.split("=", 1) for part in rest if "=" in part and not part.startswith("http"))
    url = next(part for part in rest if part.startswith("http"))
    expect.set_options(timeout=60000)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path="/usr/bin/chromium-headless-shell", args=["--no-sandbox", "--disable-dev-shm-usage"])
        try:
            globals()[scenario](browser, url, **values)
        finally:
            browser.close()
    say("passed")


if __name__ == "__main__":
    try:
        main()
    except Exception:  # noqa: BLE001 - the test wants to read it
        traceback.print_exc()
        sys.exit(1)
