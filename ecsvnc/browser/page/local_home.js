// The page at home in ecsvnc: its WebSocket is the process that serves it. The process has the tickets and the VNC
// password, says when to connect again, types texts, and reads the text on the screen.
//
// Binary messages are RFB both ways. Text messages are JSON with a `type`: to the page `hello`, `state`, `typed` and
// `ended`, to the process `paste`, `cancel`, `keyboard` (what the console has told of it) and `bye`. After `ended`
// nothing follows; the page closes the WebSocket when it connects again.

import { Rfb } from "./rfb.js";

const TAB_WAIT_MS = 700; // a page that is reloaded has closed by then

export class LocalHome {
  hasProcess = true;
  rfb = null;
  #socket = null;
  #view;
  #command = "ecsvnc open INSTANCE --console-page local";
  #releaseTab = null;

  constructor(view) {
    this.#view = view;
    window.addEventListener("pagehide", () => this.#tell({ type: "bye" }));
    // A page from the back-forward cache has no connection any more.
    window.addEventListener("pageshow", (event) => { if (event.persisted) window.location.reload(); });
  }

  /** Connect `display`; returns how it ended. `takesTab`: in the place of another tab of this browser. */
  async connect(display, { takesTab = false } = {}) {
    this.#socket?.close();
    const tab = await this.#becomeTheTab(takesTab);
    if (tab === null) {
      return usedElsewhere("This console is open in another tab", "Close that tab, or use the console here.");
    }
    const address = new URL("console", window.location.href);
    address.protocol = "ws:";
    const socket = new WebSocket(address);
    this.#socket = socket;
    const ended = new Promise((resolve) => {
      socket.addEventListener("message", ({ data }) => {
        if (typeof data === "string") this.#receive(JSON.parse(data), resolve);
      });
    });
    const setKeyboard = ({ hasExtendedKeys, hasCapsLock }) => {
      this.#tell({ type: "keyboard", has_extended_keys: hasExtendedKeys, has_caps_lock: hasCapsLock });
    };
    const rfb = new Rfb(socket, { ...display, setKeyboard });
    this.rfb = rfb;
    const broken = rfb.run().catch((error) => this.#brokenBy(error, socket));
    const ending = await Promise.race([ended, broken, tab.lost]);
    this.rfb = null;
    if (ending.reason === "tab") socket.close(); // otherwise it stays open: it shows the process that the page is there
    return ending;
  }

  /** Have a text typed by the process, with a keyboard layout. */
  async paste(text, { layout, signal }) {
    this.#tell({ type: "paste", text, layout });
    signal.addEventListener("abort", () => this.#tell({ type: "cancel" }));
  }

  /** The text in a picture, a Blob: `{text, unknown}`, or `{what, hint}` where there is none. */
  async readText(png) {
    try {
      const answer = await fetch("text", { method: "POST", headers: { "Content-Type": png.type }, body: png });
      return await answer.json();
    } catch {
      return { what: "The screen could not be read: ecsvnc did not answer.", hint: `Run \`${this.#command}\` again.` };
    }
  }

  #receive(message, resolveEnded) {
    if (message.type === "hello") {
      this.#command = message.command;
      this.#view.describe({ name: message.instance_name ?? "", id: message.instance_id, region: message.region_id });
      this.#view.offerLayouts(message.layouts, message.layout);
    } else if (message.type === "state") {
      this.#view.showProgress(message.text);
    } else if (message.type === "typed") {
      this.#view.showTyped({ ...message, isOver: message.is_over });
    } else if (message.type === "ended") {
      resolveEnded({ ...AGAIN, title: message.what, text: message.hint, againS: message.again_s });
    }
  }

  #brokenBy(error, socket) {
    if (socket.readyState === WebSocket.OPEN) {
      return { ...AGAIN, title: "The console's data could not be understood", text: error.message };
    }
    return {
      ...AGAIN,
      reason: "gone",
      title: "ecsvnc has ended",
      text: "The process that serves this page has ended, or cannot be reached.",
      more: `Run \`${this.#command}\` to open a new console.`,
      command: this.#command,
    };
  }

  #tell(message) {
    if (this.#socket?.readyState === WebSocket.OPEN) this.#socket.send(JSON.stringify(message));
  }

  /**
   * Become the one tab that shows this console. `lost` of what it returns is a promise of the ending that comes when
   * another tab takes its place. Null if another tab shows the console and is not to be replaced.
   */
  async #becomeTheTab(takesTab) {
    if (!navigator.locks) return { lost: new Promise(() => {}) };
    this.#releaseTab?.();
    const options = takesTab ? { steal: true } : { signal: AbortSignal.timeout(TAB_WAIT_MS) };
    let lose;
    const lost = new Promise((resolve) => { lose = resolve; });
    const isHere = await new Promise((resolve) => {
      navigator.locks
        .request(window.location.pathname, options, () => {
          resolve(true);
          return new Promise((release) => { this.#releaseTab = release; });
        })
        .catch(() => {
          resolve(false);
          lose(usedElsewhere("This console was opened in another tab", "It can be used in one tab at a time."));
        });
    });
    return isHere ? { lost } : null;
  }
}

const AGAIN = { reason: "ended", button: "Connect again", command: null, againS: null };

function usedElsewhere(title, text) {
  return { ...AGAIN, reason: "tab", title, text, button: "Use it here", takesTab: true };
}
