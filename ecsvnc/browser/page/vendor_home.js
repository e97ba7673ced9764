// The page in the place of the vendor's: its address has a ticket, which works once, and its WebSocket is the console.

import { Rfb } from "./rfb.js";
import { VendorEndings } from "./vendor_endings.js";

const CLOSE_WAIT_MS = 1000;

export class VendorHome {
  /** Of the methods that only a process can have, this home has none. */
  hasProcess = false;
  rfb = null;
  #vncUrl;
  #instanceId;
  #view;

  /** Ticket and password are removed from the page's address, so that they are neither shown nor in the history. */
  constructor(view) {
    const address = new URL(window.location.href);
    const query = address.searchParams;
    this.#view = view;
    this.#vncUrl = query.get("vncUrl");
    this.#instanceId = query.get("instanceId") ?? "";
    query.delete("vncUrl");
    query.delete("password");
    window.history.replaceState(null, "", address);
    view.describe({ name: "", id: this.#instanceId });
  }

  /** Connect `display`; returns how it ended. */
  async connect(display) {
    const endings = new VendorEndings(await this.#command());
    if (!this.#vncUrl) return endings.noTicket;
    if (!isWebSocketUrl(this.#vncUrl)) return endings.badAddress;
    const { host } = new URL(this.#vncUrl);
    const socket = new WebSocket(this.#vncUrl, ["binary"]);
    this.#vncUrl = null;
    let isOpen = false;
    socket.addEventListener("open", () => { isOpen = true; });
    const closing = new Promise((resolve) => { socket.addEventListener("close", (event) => resolve(event.code)); });

    this.rfb = new Rfb(socket, display);
    const error = await this.rfb.run().catch((reason) => reason);
    this.rfb = null;
    socket.close();
    // The close code says more than the RFB error; a server that does not answer is not waited for.
    const code = await Promise.race([closing, new Promise((resolve) => { setTimeout(resolve, CLOSE_WAIT_MS, 1006); })]);
    return isOpen ? endings.closed(code, error) : endings.neverOpened(host);
  }

  /** Type a text with this keyboard, which knows the US layout. */
  async paste(text, { keyboard, signal }) {
    const total = [...text].length;
    await keyboard.type(text, (done) => this.#view.showTyped({ done, total, isOver: false }), signal);
    this.#view.showTyped({ done: total, total, isOver: true });
  }

  /** The command that opens this console again. Whether it has `demo` in it, the server knows. */
  async #command() {
    const program = await fetch("program").then((answer) => (answer.ok ? answer.text() : "")).catch(() => "");
    return `${program.trim() || "ecsvnc"} open ${this.#instanceId || "INSTANCE"}`;
  }
}

/** Browsers would accept an http URL too. */
function isWebSocketUrl(text) {
  return URL.canParse(text) && ["ws:", "wss:"].includes(new URL(text).protocol) && !new URL(text).hash;
}
