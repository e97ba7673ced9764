// A VNC client (RFC 6143, version 3.8) over a WebSocket: the connection alone, without display and input devices.
// Pixels arrive as the server has them by itself; another format is only asked for where it has a colour map. So a
// server that ignores the request is drawn right as well.

import { ByteQueue, view } from "./bytes.js";
import { PixelFormat } from "./pixel_format.js";
import { canInflate, ZrleDecoder } from "./zrle.js";

const NONE = 1;

const RAW = 0;
const COPY_RECT = 1;
const ZRLE = 16;
const DESKTOP_SIZE = -223;
const CURSOR = -239;
const QEMU_EXTENDED_KEY_EVENT = -258; // these two: the RFB community's specification, github.com/rfbproto
const QEMU_LED_STATE = -261;
const CAPS_LOCK = 4;

const TEXT_LIMIT = 64 * 1024;
const CLIPBOARD_LIMIT = 16 * 1024 * 1024;

export class Rfb {
  #socket;
  #display;
  #incoming = new ByteQueue();
  #format;
  #zrle = null;
  #size = { width: 0, height: 0 };
  #hasExtendedKeys = false;
  #hasCapsLock = null; // as far as the server has told

  /**
   * `socket` is a WebSocket that is open or opening; its text messages are not RFB.
   * `display` has the methods that are called: `start(name)` once, `resize(width, height)`, and
   * `paint(x, y, width, height, pixels)` with canvas pixels, `copy(fromX, fromY, x, y, width, height)`,
   * `setCursor(x, y, width, height, pixels)` with the hot spot; without that, the server draws the pointer.
   * `setKeyboard({hasExtendedKeys, hasCapsLock})` when the server has told of one of them; it may be missing.
   */
  constructor(socket, display) {
    this.#socket = socket;
    this.#display = display;
    socket.binaryType = "arraybuffer";
    socket.addEventListener("message", ({ data }) => {
      if (typeof data !== "string") this.#incoming.push(new Uint8Array(data));
    });
    socket.addEventListener("close", () => this.#incoming.end(new Error("The connection was closed.")));
  }

  /** Speak RFB until the connection ends; throws the error that ended it. */
  async run() {
    await this.#shakeHands();
    await this.#begin();
    for (;;) await this.#receiveMessage();
  }

  /** A key went down or up (section 7.5.4); `scancode` is its place, as QEMU counts, or 0 if it is not known. */
  key(keysym, isDown, scancode = 0) {
    if (this.#hasExtendedKeys && scancode) {
      const message = new Uint8Array([255, 0, 0, isDown ? 1 : 0, 0, 0, 0, 0, 0, 0, 0, scancode]);
      view(message).setUint32(4, keysym);
      this.#send(message);
    } else {
      const message = new Uint8Array([4, isDown ? 1 : 0, 0, 0, 0, 0, 0, 0]);
      view(message).setUint32(4, keysym);
      this.#send(message);
    }
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
    if (!/^RFB \d{3}\.\d{3}\n$/.test(version)) throw new Error("This is not a VNC server.");
    if (version < "RFB 003.008") throw new Error(`The server uses ${version.trim()}; this page needs 003.008.`);
    this.#send(new TextEncoder().encode("RFB 003.008\n"));

    const count = await this.#incoming.readU8();
    if (count === 0) throw new Error(await this.#incoming.readText(TEXT_LIMIT));
    const offered = await this.#incoming.read(count);
    if (!offered.includes(NONE)) throw new Error("The console requires a VNC password, for which this page cannot ask.");
    this.#send(new Uint8Array([NONE]));
    if (await this.#incoming.readU32() !== 0) throw new Error(await this.#incoming.readText(TEXT_LIMIT));
  }

  async #begin() {
    this.#send(new Uint8Array([1])); // ClientInit; whether the desktop is shared is the server's to say
    const width = await this.#incoming.readU16();
    const height = await this.#incoming.readU16();
    this.#format = new PixelFormat(await this.#incoming.read(16));
    const name = await this.#incoming.readText(TEXT_LIMIT);
    if (!this.#format.isUsable) {
      this.#format = new PixelFormat(PixelFormat.OWN);
      this.#send(new Uint8Array([0, 0, 0, 0, ...PixelFormat.OWN]));
    }
    if (canInflate) this.#zrle = new ZrleDecoder(this.#format);
    this.#resize(width, height);
    this.#display.start(name);
    this.#offerEncodings();
    this.#requestUpdate(0);
  }

  #offerEncodings() {
    const offered = [COPY_RECT, RAW, DESKTOP_SIZE, QEMU_EXTENDED_KEY_EVENT, QEMU_LED_STATE];
    if (this.#zrle) offered.unshift(ZRLE); // the first is what a server prefers
    if (this.#display.setCursor) offered.push(CURSOR);
    const message = new Uint8Array(4 + 4 * offered.length);
    message[0] = 2;
    view(message).setUint16(2, offered.length);
    offered.forEach((encoding, number) => view(message).setInt32(4 + 4 * number, encoding));
    this.#send(message);
  }

  #resize(width, height) {
    this.#size = { width, height };
    this.#display.resize(width, height);
  }

  #requestUpdate(incremental) {
    const message = new Uint8Array(10);
    message.set([3, incremental]);
    view(message).setUint16(6, this.#size.width);
    view(message).setUint16(8, this.#size.height);
    this.#send(message);
  }

  async #receiveMessage() {
    const kind = await this.#incoming.readU8();
    if (kind === 0) {
      const before = this.#size;
      await this.#receiveUpdate();
      this.#requestUpdate(this.#size === before ? 1 : 0); // a screen of another size is asked for as a whole
    } else if (kind === 3) { // ServerCutText: the machine's clipboard, which the page has no use for
      await this.#incoming.read(3);
      await this.#incoming.readText(CLIPBOARD_LIMIT);
    } else if (kind !== 2) { // 2 is the bell
      throw new Error(`The server sent an unexpected message (kind ${kind}).`);
    }
  }

  async #receiveUpdate() {
    await this.#incoming.read(1);
    const count = await this.#incoming.readU16();
    for (let number = 0; number < count; number += 1) {
      const head = view(await this.#incoming.read(12));
      const [x, y, width, height] = [0, 2, 4, 6].map((at) => head.getUint16(at));
      await this.#receiveRectangle(head.getInt32(8), x, y, width, height);
    }
  }

  async #receiveRectangle(encoding, x, y, width, height) {
    const display = this.#display;
    if (encoding === ZRLE && this.#zrle) {
      const data = await this.#incoming.read(await this.#incoming.readU32());
      display.paint(x, y, width, height, await this.#zrle.decode(data, width, height));
    } else if (encoding === RAW) {
      display.paint(x, y, width, height, await this.#readPixels(width * height));
    } else if (encoding === COPY_RECT) {
      display.copy(await this.#incoming.readU16(), await this.#incoming.readU16(), x, y, width, height);
    } else if (encoding === DESKTOP_SIZE) {
      this.#resize(width, height);
    } else if (encoding === CURSOR && display.setCursor) {
      const pixels = await this.#readPixels(width * height);
      hideUnmasked(pixels, width, await this.#incoming.read(Math.ceil(width / 8) * height));
      display.setCursor(x, y, width, height, pixels);
    } else if (encoding === QEMU_EXTENDED_KEY_EVENT) {
      this.#hasExtendedKeys = true;
      this.#tellKeyboard();
    } else if (encoding === QEMU_LED_STATE) {
      this.#hasCapsLock = (await this.#incoming.readU8() & CAPS_LOCK) !== 0;
      this.#tellKeyboard();
    } else {
      throw new Error(`The server sent an unexpected encoding (${encoding}).`);
    }
  }

  #tellKeyboard() {
    this.#display.setKeyboard?.({ hasExtendedKeys: this.#hasExtendedKeys, hasCapsLock: this.#hasCapsLock });
  }

  async #readPixels(count) {
    return this.#format.decode(await this.#incoming.read(this.#format.size * count), count);
  }
}

/** Make the pixels transparent that a cursor's bit mask does not have (section 7.8.1). */
function hideUnmasked(pixels, width, mask) {
  const rowBytes = Math.ceil(width / 8);
  for (let at = 0; at < pixels.length; at += 1) {
    const column = at % width;
    const byte = mask[(at - column) / width * rowBytes + (column >> 3)];
    if (!(byte & 128 >> (column & 7))) pixels[at] = 0;
  }
}
