// A VNC client (RFC 6143, version 3.8) over a WebSocket: the connection alone, without display and input devices.

import { ByteQueue, view } from "./bytes.js";
import { vncResponse } from "./des.js";
import { canInflate, ZrleDecoder } from "./zrle.js";

const NONE = 1;
const VNC_AUTHENTICATION = 2;
const RAW = 0;
const ZRLE = 16;
const OPAQUE = 0xff000000;
const TEXT_LIMIT = 64 * 1024;

/** The server refused the connection: `message` is its reason, `isPassword` whether it is the password. */
export class Refused extends Error {
  constructor(reason, isPassword) {
    super(reason);
    this.isPassword = isPassword;
  }
}

export class Rfb {
  #socket;
  #incoming = new ByteQueue();
  #closed;
  #zrle = null;

  /**
   * `socket` is a WebSocket that is open or opening.
   * `askPassword` gives the VNC password (a promise) when the server wants one.
   * `onScreen(name, width, height)` is called once, `onPixels(x, y, width, height, pixels)` for what is to be painted,
   * pixels being a Uint32Array of canvas pixels.
   */
  constructor(socket, { askPassword, onScreen, onPixels }) {
    this.#socket = socket;
    this.askPassword = askPassword;
    this.onScreen = onScreen;
    this.onPixels = onPixels;
    socket.binaryType = "arraybuffer";
    socket.addEventListener("message", (event) => this.#incoming.push(new Uint8Array(event.data)));
    this.#closed = new Promise((_, reject) => {
      socket.addEventListener("close", () => reject(new Error("The connection was closed.")));
    });
    this.#closed.catch((error) => this.#incoming.end(error));
  }

  /** Speak RFB until the connection ends; throws the error that ended it. */
  async run() {
    await this.#shakeHands();
    const { width, height } = await this.#begin();
    this.#requestUpdate(0, width, height);
    for (;;) {
      await this.#receiveMessage(width, height);
    }
  }

  /** A key went down or up (section 7.5.4). */
  key(keysym, isDown) {
    const message = new Uint8Array([4, isDown ? 1 : 0, 0, 0, 0, 0, 0, 0]);
    view(message).setUint32(4, keysym);
    this.#send(message);
  }

  /** The pointer moved or a button changed (section 7.5.5). */
  pointer(x, y, buttons) {
    this.#send(new Uint8Array([5, buttons, x >> 8, x & 255, y >> 8, y & 255]));
  }

  #send(bytes) {
    if (this.#socket.readyState === WebSocket.OPEN) this.#socket.send(bytes);
  }

  async #shakeHands() {
    const version = new TextDecoder().decode(await this.#incoming.read(12));
    if (!/^RFB \d{3}\.\d{3}\n$/.test(version)) throw new Error("What answers is not a VNC server.");
    if (version < "RFB 003.008") throw new Error(`The server speaks ${version.trim()}, this page 003.008.`);
    this.#send(new TextEncoder().encode("RFB 003.008\n"));

    const count = await this.#incoming.readU8();
    if (count === 0) throw new Refused(await this.#incoming.readText(TEXT_LIMIT), false);
    const offered = [...await this.#incoming.read(count)];
    const chosen = [NONE, VNC_AUTHENTICATION].find((each) => offered.includes(each));
    if (chosen === undefined) throw new Error(`The server asks for a kind of security (${offered}) that is unknown here.`);
    this.#send(new Uint8Array([chosen]));
    if (chosen === VNC_AUTHENTICATION) {
      const challenge = await this.#incoming.read(16);
      const password = await Promise.race([this.askPassword(), this.#closed]); // a person may take too long
      this.#send(vncResponse(challenge, password));
    }
    const isRefused = await this.#incoming.readU32() !== 0;
    if (isRefused) throw new Refused(await this.#incoming.readText(TEXT_LIMIT), chosen === VNC_AUTHENTICATION);
  }

  async #begin() {
    this.#send(new Uint8Array([1])); // ClientInit; whether the desktop is shared is the server's to say
    const width = await this.#incoming.readU16();
    const height = await this.#incoming.readU16();
    await this.#incoming.read(16); // its pixel format: another one is asked for
    const name = await this.#incoming.readText(TEXT_LIMIT);
    this.onScreen(name, width, height);

    // 32 bits, little-endian, red lowest: the bytes of a canvas pixel, except the opacity.
    this.#send(new Uint8Array([0, 0, 0, 0, 32, 24, 0, 1, 0, 255, 0, 255, 0, 255, 0, 8, 16, 0, 0, 0]));
    const encodings = canInflate ? [ZRLE, RAW] : [RAW];
    if (canInflate) this.#zrle = new ZrleDecoder();
    this.#send(new Uint8Array([2, 0, 0, encodings.length, ...encodings.flatMap((each) => [0, 0, 0, each])]));
    return { width, height };
  }

  #requestUpdate(incremental, width, height) {
    const message = new Uint8Array(10);
    message.set([3, incremental]);
    view(message).setUint16(6, width);
    view(message).setUint16(8, height);
    this.#send(message);
  }

  async #receiveMessage(width, height) {
    const kind = await this.#incoming.readU8();
    if (kind === 0) {
      await this.#receiveUpdate();
      this.#requestUpdate(1, width, height);
    } else if (kind === 3) { // ServerCutText: the machine's clipboard, which the page has no use for
      await this.#incoming.read(3);
      await this.#incoming.readText(16 * 1024 * 1024);
    } else if (kind !== 2) { // 2 is the bell
      throw new Error(`The server sent a message of kind ${kind}, which was not agreed on.`);
    }
  }

  async #receiveUpdate() {
    await this.#incoming.read(1);
    const count = await this.#incoming.readU16();
    for (let number = 0; number < count; number += 1) {
      const head = view(await this.#incoming.read(12));
      const [x, y, width, height] = [0, 2, 4, 6].map((at) => head.getUint16(at));
      this.onPixels(x, y, width, height, await this.#receivePixels(head.getInt32(8), width, height));
    }
  }

  async #receivePixels(encoding, width, height) {
    if (encoding === ZRLE && this.#zrle) {
      return this.#zrle.decode(await this.#incoming.read(await this.#incoming.readU32()), width, height);
    }
    if (encoding !== RAW) throw new Error(`The server sent encoding ${encoding}, which was not agreed on.`);
    const bytes = await this.#incoming.read(4 * width * height);
    return new Uint32Array(bytes.buffer).map((pixel) => pixel | OPAQUE);
  }
}
