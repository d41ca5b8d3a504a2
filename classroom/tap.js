// Counts what goes through the WebSockets of the page that shows the notebook, for a while, and shows it live.
//
// A page can't list its WebSockets. So each one is noticed when the page next sends on it, which JupyterLab does
// whenever a cell runs. Nothing of what is sent or received is kept, and after the time the page is as before.
async function watchWebSockets(box, seconds) {
  const seen = new Map();
  const send = WebSocket.prototype.send.original ?? WebSocket.prototype.send; // an earlier watch gives way
  const size = (data) =>
    typeof data === "string" ? new TextEncoder().encode(data).length : (data.byteLength ?? data.size ?? 0);
  const count = (tally, data) => {
    tally.messages += 1;
    tally.bytes += size(data);
  };
  const watch = (socket) => {
    const tallies = { sent: { messages: 0, bytes: 0 }, received: { messages: 0, bytes: 0 } };
    const listen = (event) => count(tallies.received, event.data);
    socket.addEventListener("message", listen);
    seen.set(socket, { ...tallies, stop: () => socket.removeEventListener("message", listen) });
  };
  const tapped = function (data) {
    if (!seen.has(this)) watch(this);
    count(seen.get(this).sent, data);
    return send.call(this, data);
  };
  tapped.original = send;
  WebSocket.prototype.send = tapped;

  const add = (parent, name, text) => {
    const element = document.createElement(name);
    element.textContent = text;
    element.style.cssText = "text-align:left;padding:2px 18px 2px 0;background:transparent;color:inherit";
    return parent.appendChild(element);
  };
  const place = (socket) => new URL(socket.url).pathname.replace(/[0-9a-f]{8}-[0-9a-f-]{27}/, "…");
  const show = (left) => {
    const lines = [...seen].map(([socket, { sent, received }]) => [
      place(socket),
      `${sent.messages} (${sent.bytes.toLocaleString("en")} bytes)`,
      `${received.messages} (${received.bytes.toLocaleString("en")} bytes)`,
    ]);
    const table = document.createElement("table");
    table.style.cssText = "font-size:13px;margin:4px 0;border-collapse:collapse";
    const head = table.createTHead().insertRow();
    for (const title of ["WebSocket of this page", "messages sent", "messages received"]) add(head, "th", title);
    for (const line of lines) {
      const row = table.createTBody().insertRow();
      for (const cell of line) add(row, "td", cell);
    }
    const note = document.createElement("p");
    note.style.cssText = "margin:4px 0;font-size:13px";
    note.textContent = left
      ? `Watching for ${left} more seconds. Run any cell, and look.`
      : "The watch is over. Run the cell again for another.";
    box.replaceChildren(...(lines.length ? [table] : []), note);
  };

  for (let left = seconds; left >= 0 && box.isConnected; left -= 1) {
    show(left);
    if (left) await new Promise((resolve) => setTimeout(resolve, 1000));
  }
  if (WebSocket.prototype.send === tapped) WebSocket.prototype.send = send;
  for (const { stop } of seen.values()) stop();
}
