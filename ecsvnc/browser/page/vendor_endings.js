// The notices of the page where its address has the ticket. Texts may name commands between backquotes.

const BY_CLOSE_CODE = {
  4000: ["idle", "Closed because it was idle", "The service closes consoles that are idle."],
  4001: ["taken", "Another session opened this console", "Only one session per instance can be open."],
  4002: ["stopped", "The instance is not running", "A console needs a running instance. Start it first."],
};

const NO_TICKET = [
  "no-ticket",
  "No ticket",
  "This address contains no ticket. A ticket works once, so reloading the page does not open the console again.",
];
const BAD_ADDRESS = [
  "bad-address",
  "Invalid console address",
  "The vncUrl in this page's address is not a ws:// or wss:// URL.",
];

/** The endings, for a console that `command` opens again. */
export class VendorEndings {
  #command;

  constructor(command) {
    this.#command = command;
  }

  get noTicket() { return this.#ending(NO_TICKET); }

  get badAddress() { return this.#ending(BAD_ADDRESS); }

  /** The WebSocket was closed before it was open; `host` is its server. */
  neverOpened(host) {
    const text = "It has expired or was already used: a ticket works once, within 15 seconds.";
    return this.#ending(["ticket", "The ticket is not valid", text], `If that does not help, this browser cannot reach ${host}.`);
  }

  /** The WebSocket was open, and then closed with `code`; `error` is the RFB error. */
  closed(code, error) {
    const text = code === 1006 ? "It was closed without a reason: the service or the network may be down." : error.message;
    return this.#ending(BY_CLOSE_CODE[code] ?? ["broken", "The connection to the console was lost", text]);
  }

  #ending([reason, title, text], more = "") {
    return {
      reason,
      title,
      text,
      more: `Run \`${this.#command}\` to open a new console. ${more}`.trim(),
      button: null,
      command: this.#command,
      againS: null,
    };
  }
}
