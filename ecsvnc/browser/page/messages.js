// What the page tells: a notice when there is no console, and short messages while there is one.

const SHOWN_MS = 5000;

const element = (id) => document.getElementById(id);

/**
 * Show why there is no console. `button` is the name of the button that connects again, and calls `onButton`; null
 * without one. `command` is a command that can be copied, and calls `onCopy`; null without one.
 */
export function showNotice({ reason, title, text, more = "", button, command }, onButton, onCopy) {
  document.body.dataset.reason = reason;
  writeWithCommands(element("notice-title"), title);
  writeWithCommands(element("notice-text"), text);
  writeWithCommands(element("notice-more"), more);
  element("notice-button").textContent = button;
  element("notice-button").hidden = button === null;
  element("notice-button").onclick = onButton;
  element("notice-copy").hidden = command === null;
  element("notice-copy").onclick = onCopy;
  element("notice").hidden = false;
  element(button === null ? "notice-copy" : "notice-button").focus();
}

export function hideNotice() {
  delete document.body.dataset.reason;
  element("notice").hidden = true;
}

let timer = null;

/** Show a message for a few seconds; with a button, until it is replaced or the button is pressed. */
export function showMessage(text, { button = null, onButton = () => {} } = {}) {
  clearTimeout(timer);
  if (button === null) keepFocus();
  writeWithCommands(element("message-text"), text);
  element("message-button").hidden = button === null;
  element("message-button").textContent = button ?? "";
  element("message-button").onclick = () => {
    hideMessage();
    onButton();
  };
  element("message").hidden = false;
  if (button === null) timer = setTimeout(hideMessage, SHOWN_MS);
}

export function hideMessage() {
  clearTimeout(timer);
  keepFocus();
  element("message").hidden = true;
}

/** The focus would be lost with the message's button. */
function keepFocus() {
  if (element("message").contains(document.activeElement)) element("keys").focus({ preventScroll: true });
}

/** Write a text whose parts between backquotes are commands. */
function writeWithCommands(where, text) {
  where.replaceChildren(...text.split("`").map((part, number) => {
    if (number % 2 === 0) return part;
    const command = document.createElement("code");
    command.textContent = part;
    return command;
  }));
}
