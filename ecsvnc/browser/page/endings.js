// The messages for when there is no console. `more` may name commands between backquotes.

const AGAIN = "Run `ecsvnc open …` again to open a new console.";

const BY_CLOSE_CODE = {
  4000: {
    reason: "idle",
    title: "Closed because it was idle",
    text: "The service closes consoles that are idle.",
    more: AGAIN,
  },
  4001: {
    reason: "taken",
    title: "Another session opened this console",
    text: "Only one session per instance can be open.",
    more: "Run `ecsvnc open …` again to take it back.",
  },
  4002: {
    reason: "stopped",
    title: "The instance is not running",
    text: "A console needs a running instance.",
    more: "Start the instance, then run `ecsvnc open …` again.",
  },
};

export const NO_TICKET = {
  reason: "no-ticket",
  title: "No ticket",
  text: "This address contains no ticket. A ticket works once, so reloading the page does not open the console again.",
  more: AGAIN,
};

export const BAD_ADDRESS = {
  reason: "bad-address",
  title: "Invalid console address",
  text: "The vncUrl in this page's address is not a ws:// or wss:// URL.",
  more: AGAIN,
};

export const WRONG_PASSWORD = {
  reason: "password",
  title: "Wrong VNC password",
  text: "The console refused the password, and the ticket has been used.",
  more: "Run `ecsvnc open …` again. `ecsvnc config vnc-password INSTANCE` stores the right one.",
};

/** The WebSocket was closed before it was open; `host` is its server. */
export function neverOpened(host) {
  return {
    reason: "ticket",
    title: "The ticket is not valid",
    text: "It has expired or was already used: a ticket works once, within 15 seconds. Run `ecsvnc open …` again.",
    more: `If that does not help, this browser cannot reach ${host}.`,
  };
}

/** The WebSocket was open, and then closed with `code`; `error` is the RFB error. */
export function closed(code, error) {
  return BY_CLOSE_CODE[code] ?? {
    reason: "broken",
    title: "The connection to the console was lost",
    text: code === 1006 ? "It was closed without a reason: the service or the network may be down." : error.message,
    more: AGAIN,
  };
}
