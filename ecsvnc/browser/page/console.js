// The console page: reads its address, connects, shows the screen and the state of the connection.

import * as endings from "./endings.js";
import { Keyboard } from "./keyboard.js";
import { Pointer } from "./pointer.js";
import { Refused, Rfb } from "./rfb.js";
import { Screen } from "./screen.js";

const CONTROL = 0xffe3;
const ALT = 0xffe9;
const DELETE = 0xffff;
const CLOSE_WAIT_MS = 1000;

const element = (id) => document.getElementById(id);
const body = document.body;
const parameters = takeParameters();
let rfb = null;

const screen = new Screen(element("screen"), element("stage"));
const keyboard = new Keyboard(element("keys"), (keysym, isDown) => rfb?.key(keysym, isDown));
new Pointer(element("screen"), (event) => screen.place(event), (x, y, buttons) => rfb?.pointer(x, y, buttons));

setUpPage();
connect();

/** The address's parameters. Ticket and password are removed from it, so that they are neither shown nor in the history. */
function takeParameters() {
  const address = new URL(window.location.href);
  const query = address.searchParams;
  const taken = {
    vncUrl: query.get("vncUrl"),
    instanceId: query.get("instanceId") ?? "",
    isWindows: query.get("isWindows")?.toLowerCase() === "true",
    password: query.get("password"),
  };
  query.delete("vncUrl");
  query.delete("password");
  window.history.replaceState(null, "", address);
  return taken;
}

async function connect() {
  if (!parameters.vncUrl) return end(endings.NO_TICKET);
  if (!isWebSocketUrl(parameters.vncUrl)) return end(endings.BAD_ADDRESS);
  const { host } = new URL(parameters.vncUrl);
  const socket = new WebSocket(parameters.vncUrl, ["binary"]);
  parameters.vncUrl = null;
  show("connecting", "Connecting");
  let isOpen = false;
  socket.addEventListener("open", () => { isOpen = true; });
  const closing = new Promise((resolve) => { socket.addEventListener("close", (event) => resolve(event.code)); });

  const connection = new Rfb(socket, { askPassword, onScreen, onPixels: (...painting) => screen.paint(...painting) });
  rfb = connection;
  const error = await connection.run().catch((reason) => reason);
  rfb = null;
  socket.close();
  // The close code says more than the RFB error; a server that does not answer is not waited for.
  const code = await Promise.race([closing, new Promise((resolve) => { setTimeout(resolve, CLOSE_WAIT_MS, 1006); })]);
  if (!isOpen) return end(endings.neverOpened(host));
  if (error instanceof Refused && error.isPassword) return end(endings.WRONG_PASSWORD);
  return end(endings.closed(code, error));
}

/** Browsers would accept an http URL too. */
function isWebSocketUrl(text) {
  return URL.canParse(text) && ["ws:", "wss:"].includes(new URL(text).protocol) && !new URL(text).hash;
}

function onScreen(name, width, height) {
  element("name").textContent = name || parameters.instanceId || "Console";
  screen.resize(width, height);
  body.dataset.screen = "shown";
  show("connected", "Connected");
  for (const id of ["attention", "paste"]) element(id).disabled = false;
  focusConsole();
}

function askPassword() {
  if (parameters.password !== null) return parameters.password;
  const form = element("password-form");
  show("password", "Password required");
  form.hidden = false;
  element("password").focus();
  return new Promise((resolve) => {
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      form.hidden = true;
      show("connecting", "Connecting");
      resolve(element("password").value);
      element("password").value = "";
    }, { once: true });
  });
}

function show(state, words) {
  body.dataset.state = state;
  element("state").textContent = words;
  const name = element("name").textContent;
  document.title = `${state === "closed" ? "Closed: " : ""}${name === "Console" ? parameters.instanceId || name : name} · ECS console`;
}

function end({ reason, title, text, more }) {
  body.dataset.reason = reason;
  show("closed", "Closed");
  for (const id of ["attention", "paste"]) element(id).disabled = true;
  if (element("paste-dialog").open) element("paste-dialog").close();
  element("password-form").hidden = true;
  element("notice-title").textContent = title;
  writeWithCommands(element("notice-text"), text);
  writeWithCommands(element("notice-more"), more);
  element("notice").hidden = false;
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

function focusConsole() {
  element("keys").focus({ preventScroll: true });
}

function setUpPage() {
  element("instance-id").textContent = parameters.instanceId;
  body.dataset.instanceId = parameters.instanceId;
  body.dataset.os = parameters.isWindows ? "windows" : "linux";

  element("screen").addEventListener("pointerdown", focusConsole);
  element("attention").addEventListener("click", () => {
    keyboard.chord(CONTROL, ALT, DELETE);
    focusConsole();
  });

  const dialog = element("paste-dialog");
  element("paste").addEventListener("click", () => {
    element("paste-text").value = "";
    dialog.returnValue = "";
    dialog.showModal();
    element("paste-text").focus();
  });
  dialog.addEventListener("close", () => {
    focusConsole();
    if (dialog.returnValue === "type") keyboard.type(element("paste-text").value);
  });

  element("full-screen").addEventListener("click", async () => {
    if (document.fullscreenElement) {
      await document.exitFullscreen();
    } else {
      await element("stage").requestFullscreen();
      // Where the browser supports it, keys like Alt+Tab and Ctrl+W go to the console too; holding Escape leaves full screen.
      navigator.keyboard?.lock?.().catch(() => {});
    }
    focusConsole();
  });
}
