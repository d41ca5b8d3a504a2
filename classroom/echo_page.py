"""A page that opens a WebSocket to where it came from, sends what is typed, and lists all that happens.

It needs nothing but the server that serves it: its address is relative, so it works behind a proxy, too. An
address that ends in "#dark" makes it dark, and one with neither follows the browser.
"""

from __future__ import annotations

__all__ = ["ECHO_PAGE"]

_PAGE = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>A page and its WebSocket</title>
<link rel="icon" href="data:,">
<style>
  :root { color-scheme: light; --text: #1f2328; --quiet: #59636e; --line: #d1d9e0; --field: #fff;
          --paper: #fff; --go: #1f6feb; --sent: #1f6feb; --came: #0f7b55; --wrong: #b3261e; }
  :root.dark { color-scheme: dark; --text: #e6e6e6; --quiet: #a0a0a0; --line: #4a4a4a; --field: #1e1e1e;
          --paper: #111; --go: #1f6feb; --sent: #7ab0ff; --came: #4cc79a; --wrong: #ff8a80; }
  * { box-sizing: border-box; }
  body { margin: 0; padding: 12px 14px; color: var(--text); background: var(--paper);
         font: 14px/1.45 system-ui, sans-serif; display: flex; flex-direction: column; height: 100vh; }
  #state { margin: 0 0 8px; color: var(--quiet); }
  #state b { color: var(--text); }
  form { display: flex; flex-wrap: wrap; gap: 8px; margin: 0 0 10px; }
  input { flex: 1 1 12em; min-width: 0; }
  input, button { font: inherit; color: inherit; padding: 5px 10px; border: 1px solid var(--line);
                  border-radius: 6px; background: var(--field); }
  button[type=submit] { background: var(--go); border-color: var(--go); color: #fff; font-weight: 600; }
  button:disabled { opacity: .5; }
  :focus-visible { outline: 2px solid var(--go); outline-offset: 1px; }
  ol { list-style: none; margin: 0; padding: 0; overflow: auto; flex: 1; border-top: 1px solid var(--line); }
  li { display: grid; grid-template-columns: 5.5em 6.5em 1fr; gap: 8px; padding: 3px 0;
       border-bottom: 1px solid var(--line); }
  time { color: var(--quiet); font-variant-numeric: tabular-nums; }
  .what { font-weight: 600; }
  .sent .what { color: var(--sent); }
  .came .what { color: var(--came); }
  .wrong .what { color: var(--wrong); }
  li.again { border-top: 2px solid var(--quiet); margin-top: 6px; padding-top: 8px; }
  li:has(+ li.again) { border-bottom: 0; }
  .text { overflow-wrap: anywhere; font-family: ui-monospace, Menlo, Consolas, monospace; }
</style>
<p id="state" role="status">connecting ...</p>
<form>
  <input aria-label="text to send" value="Hello" autocomplete="off">
  <button type="submit" disabled>Send</button>
  <button type="button" id="close" disabled>Close</button>
  <button type="button" id="again" hidden>Connect again</button>
</form>
<ol aria-label="what happened" tabindex="0"></ol>
<script>
  const find = (selector) => document.querySelector(selector);
  const likesDark = !location.hash && matchMedia("(prefers-color-scheme: dark)").matches;
  const dark = location.hash === "#dark" || likesDark;
  document.documentElement.classList.toggle("dark", dark);

  const address = new URL("socket", location.href); // from the same host and port as this page
  address.protocol = address.protocol.replace("http", "ws");
  address.hash = "";
  let socket, start, isFirst; // start and isFirst: of the rows of this connection

  function connect() {
    start = performance.now();
    isFirst = true;
    socket = new WebSocket(address);
    socket.onopen = () => { note("open", address.href); show(true); };
    socket.onmessage = (event) => note("came", event.data);
    socket.onerror = () => note("wrong", "an error event: the browser tells its reason only in its console");
    socket.onclose = (event) => {
      note("closed", `code ${event.code}, ${event.wasClean ? "clean" : "not clean"}`);
      show(false);
    };
  }

  function show(open) {
    find("#state").innerHTML = open ? "The connection is <b>open</b>." : "The connection is <b>closed</b>.";
    find("[type=submit]").disabled = find("#close").disabled = !open;
    find("#again").hidden = open;
  }

  function note(kind, text) {
    const row = document.createElement("li");
    row.className = isFirst && find("li") ? `${kind} again` : kind; // a line, since the times begin anew
    isFirst = false;
    const passed = `${Math.round(performance.now() - start)} ms`;
    for (const [name, what] of [["time", passed], ["span", kind], ["span", text]]) {
      row.append(Object.assign(document.createElement(name), { textContent: what }));
    }
    row.children[1].className = "what";
    row.children[2].className = "text";
    find("ol").append(row);
    row.scrollIntoView({ block: "nearest" });
  }

  find("form").onsubmit = (event) => {
    event.preventDefault();
    const text = find("input").value;
    socket.send(text);
    note("sent", text);
  };
  find("#close").onclick = () => socket.close(1000);
  find("#again").onclick = connect;
  connect();
</script>
</html>
"""

ECHO_PAGE = _PAGE.encode()
