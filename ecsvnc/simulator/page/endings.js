// What to say when there is no console (any more). `more` may name commands between backquotes.

const AGAIN = "Run `ecsvnc open …` again for a new one.";

const BY_CLOSE_CODE = {
  4000: {
    reason: "idle",
    title: "Closed: nothing was typed for a while",
    text: "The service closes consoles that are idle.",
    more: AGAIN,
  },
  4001: {
    reason: "taken",
    title: "Another session has this console now",
    text: "Only one can be open per instance. The latest one gets it.",
    more: "Run `ecsvnc open …` again to take it back.",
  },
  4002: {
    reason: "stopped",
    title: "The instance was stopped",
    text: "A console needs a running instance.",
    more: "Start the instance, then run `ecsvnc open …` again.",
  },
};

export const NO_TICKET = {
  reason: "no-ticket",
  title: "No ticket",
  text: "This address names no console to connect to. A ticket works once, so reloading the page does not bring the console back.",
  more: AGAIN,
};

export const BAD_ADDRESS = {
  reason: "bad-address",
  title: "Not a console's address",
  text: "The vncUrl in this page's address is not a ws:// or wss:// URL.",
  more: AGAIN,
};

export const WRONG_PASSWORD = {
  reason: "password",
  title: "The VNC password is wrong",
  text: "The console did not take the password, and the ticket is used up.",
  more: "Run `ecsvnc open …` again. `ecsvnc config vnc-password INSTANCE` stores the right one.",
};

/** The WebSocket was closed before it was open. `host` is where it should have been. */
export function neverOpened(host) {
  return {
    reason: "ticket",
    title: "No console at this ticket",
    text: "This ticket has expired or was already used: tickets live 15 seconds and work once. Run `ecsvnc open …` again.",
    more: `If that does not help, ${host} cannot be reached from this browser.`,
  };
}

/** The WebSocket was open, and then closed with `code`; `error` is what RFB made of it. */
export function closed(code, error) {
  return BY_CLOSE_CODE[code] ?? {
    reason: "broken",
    title: "The connection to the console ended",
    text: code === 1006 ? "It broke off without a word: the service, or the network to it, is gone." : error.message,
    more: AGAIN,
  };
}
