// Open a WebSocket, say something, and tell what came until it closes or falls silent. Node and the browser run the
// same text.

async function talkAll(Socket, errands, limit) {
  const talks = [];
  for (const [url, text, times, enough] of errands) {
    talks.push(await talkOne(Socket, url, text === null ? null : text.repeat(times), enough, limit));
  }
  return talks;
}

function talkOne(Socket, url, text, enough, limit) {
  return new Promise((resolve) => {
    const talk = { opened: false, messages: [], said: "", code: null };
    let timer;
    const socket = new Socket(url);
    socket.binaryType = "arraybuffer";
    const end = () => {
      clearTimeout(timer);
      socket.onopen = socket.onmessage = socket.onclose = null;
      socket.onerror = () => {}; // closing a failed socket may fire its events once more
      (socket.terminate || socket.close).call(socket);
      resolve(talk);
    };
    const endAfter = (time) => {
      clearTimeout(timer);
      timer = setTimeout(end, time);
    };
    timer = setTimeout(() => {
      if (!talk.opened) talk.said = `no answer after ${limit / 1000} s`;
      end();
    }, limit);
    socket.onopen = () => {
      talk.opened = true;
      if (text !== null) socket.send(text);
    };
    socket.onmessage = ({ data }) => {
      talk.messages.push(typeof data === "string" ? asText(data) : { hex: asHex(data), times: 1 });
      if (talk.messages.length === enough) socket.close(1000);
    };
    socket.onerror = (event) => {
      talk.said = String(event.message || event.error?.message || "an error event, no reason given");
      endAfter(limit / 5); // Node's own WebSocket does not close after some errors
    };
    socket.onclose = (event) => {
      talk.code = event.code;
      endAfter(0);
    };
  });
}

// A text of one letter is told as that letter and a number: the report of a talk stays short.
function asText(data) {
  const plain = data.length < 100 || data !== data[0].repeat(data.length);
  return plain ? { text: data, times: 1 } : { text: data[0], times: data.length };
}

function asHex(data) {
  return Array.from(new Uint8Array(data), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

// In Node: node talks.js own|FOLDER-OF-WS ERRANDS LIMIT takes the errands as JSON and prints the talks as JSON.
if (typeof process !== "undefined" && typeof require !== "undefined" && require.main === module) {
  const [library, errands, limit] = process.argv.slice(2);
  const Socket = library === "own" ? WebSocket : require(library);
  talkAll(Socket, JSON.parse(errands), Number(limit))
    .then((talks) => process.stdout.write(JSON.stringify(talks), () => process.exit(0)));
}
