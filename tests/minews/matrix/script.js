// What a client in JavaScript does, in Node and in a browser: `tryFeature` returns "pass", or why it cannot.
const textOf = (size) => "Aé€".repeat(Math.floor(size / 6)) + "a".repeat(size % 6);
const binaryOf = (size) => Uint8Array.from({ length: size }, (_, i) => i % 251).buffer;
const same = (one, other) =>
  typeof one === "string" || typeof other === "string"
    ? one === other
    : one.byteLength === other.byteLength &&
      new Uint8Array(one).every((byte, i) => byte === new Uint8Array(other)[i]);
const hold = (truth, why) => { if (!truth) throw new Error(why); };

const open = (make) =>
  new Promise((resolve, reject) => {
    const socket = make(), inbox = [], waiting = [];
    socket.binaryType = "arraybuffer";
    const next = () => new Promise((give) => (inbox.length ? give(inbox.shift()) : waiting.push(give)));
    const closed = new Promise((give) => (socket.onclose = (event) => give(event.code)));
    socket.onmessage = (event) => (waiting.length ? waiting.shift()(event.data) : inbox.push(event.data));
    socket.onerror = (event) => reject(new Error(`no connection ${event.message || ""}`));
    const close = (code) => (socket.close(code, "bye"), closed);
    socket.onopen = () => resolve({ socket, next, closed, close });
  });

const exchange = async (make, messages) => {
  const conn = await open(make);
  for (const message of messages) {
    conn.socket.send(message);
    hold(same(await conn.next(), message), "another message came back");
  }
  hold((await conn.close(1000)) === 1000, "another code came back");
};

const features = {
  text: (make) => exchange(make, [textOf(1024), "", "\u{1f600}"]),
  binary: (make) => exchange(make, [binaryOf(1024), binaryOf(0), Uint8Array.of(255, 0).buffer]),
  "64 KiB": (make) => exchange(make, [textOf(65536), binaryOf(65536)]),
  "1 MiB": (make) => exchange(make, [textOf(1048576), binaryOf(1048576)]),
  TLS: (make) => exchange(make, [textOf(1024), binaryOf(65536)]),

  async fragments(make, words) {
    const conn = await open(make);
    if (conn.socket.send.length < 2) return `send() takes whole messages only`;
    words.forEach((word, i) => conn.socket.send(word, { fin: i === words.length - 1 }));
    hold((await conn.next()) === words.join(""), "another message came back");
    await conn.close(1000);
  },

  async ping(make) {
    const conn = await open(make);
    conn.socket.send("!ping");
    hold((await conn.next()) === "pinged", "no Ping");
    conn.socket.send("and?");
    hold((await conn.next()) === "pong", "it does not answer a Ping");
    if (!conn.socket.ping) return `there is no ping(); it answers Pings`;
    const pong = new Promise((give) => conn.socket.once("pong", give));
    conn.socket.ping(Uint8Array.of(255, 0));
    hold(Buffer.from(await pong).toString("hex") === "ff00", "another Pong came");
    await conn.close(1000);
  },

  async "close codes"(make, words, codes) {
    const refused = [];
    for (const code of codes) {
      const conn = await open(make);
      let came;
      try {
        came = await conn.close(code);
      } catch (error) {
        if (error.name !== "InvalidAccessError") throw error;
        refused.push(code);
        came = (await conn.close(1000), code);
      }
      hold(came === code, `${came} came for ${code}`);
    }
    const conn = await open(make);
    conn.socket.send("!close 3001");
    hold((await conn.closed) === 3001, "another code came");
    if (refused.length) return `close() takes 1000 and 3000 to 4999, not ${refused.join(", ")}; these pass`;
  },

  async deflate(make) {
    const conn = await open(make);
    hold(conn.socket.extensions.startsWith("permessage-deflate"), "deflate was not agreed");
    for (const message of [textOf(1024), textOf(1024), binaryOf(70000), "short"]) {
      conn.socket.send(message);
      hold(same(await conn.next(), message), "another message came back");
    }
    await conn.close(1000);
  },
};

const tryFeature = async (name, make, words, codes) => (await features[name](make, words, codes)) || "pass";
