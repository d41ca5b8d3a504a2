// Open one WebSocket after the other and say what became of each. Node and the browser run the same text.

async function openAll(Socket, visits, limit, watch) {
  const outcomes = [];
  for (const [url, subprotocols] of visits) outcomes.push(await openOne(Socket, url, subprotocols, limit, watch));
  return outcomes;
}

function openOne(Socket, url, subprotocols, limit, watch) {
  return new Promise((resolve) => {
    let socket;
    let settled = false;
    const settle = (verdict, said) => {
      if (settled) return; // closing a failed socket may fire its events once more
      settled = true;
      clearTimeout(timer);
      resolve({ verdict, said: String(said) });
      if (socket) (socket.terminate || socket.close).call(socket);
    };
    const timer = setTimeout(() => settle("waits", `no answer after ${limit / 1000} s`), limit);
    if (watch) watch((error) => settle("crashes", error));
    try {
      socket = subprotocols.length ? new Socket(url, subprotocols) : new Socket(url);
    } catch (error) {
      settle("refuses", `${error.name}: ${error.message}`);
      return;
    }
    socket.onopen = () => settle("accepts", socket.protocol);
    socket.onerror = (event) => settle("refuses", event.message || event.error?.message || "an error event, no reason given");
    socket.onclose = (event) => settle("refuses", `closed with ${event.code}`);
  });
}

// In Node: node clients.js own|FOLDER-OF-WS VISITS LIMIT takes the visits as JSON and prints the outcomes as JSON.
if (typeof process !== "undefined" && typeof require !== "undefined" && require.main === module) {
  const [library, visits, limit] = process.argv.slice(2);
  const Socket = library === "own" ? WebSocket : require(library);
  let crash = () => {};
  process.on("uncaughtException", (error) => crash(error));
  openAll(Socket, JSON.parse(visits), Number(limit), (settle) => { crash = settle; })
    .then((outcomes) => process.stdout.write(JSON.stringify(outcomes), () => process.exit(0)));
}
