// The console page: shows the screen and the state of the connection, and has the buttons. What it is connected to is
// its home's: ecsvnc's process, or, where its address has a ticket, the console itself.

import { Keyboard } from "./keyboard.js";
import { LocalHome } from "./local_home.js";
import { hideMessage, hideNotice, showMessage, showNotice } from "./messages.js";
import { Pointer } from "./pointer.js";
import { Screen } from "./screen.js";
import { VendorHome } from "./vendor_home.js";

const LONG_TEXT = 40; // characters; a shorter one is typed before a progress could be read

const element = (id) => document.getElementById(id);
const body = document.body;
const whenConnected = ["attention", "paste", "copy-text", "save-png", "send-sysrq"];
const title = { name: "", id: "" };
let typing = null; // an AbortController while a text is typed

const screen = new Screen(element("screen"), element("stage"));

const view = {
  describe({ name, id, region = "" }) {
    title.id = id;
    title.name = name || title.name;
    body.dataset.instanceId = id;
    element("instance-id").textContent = region ? `${id} · ${region}` : id;
    showTitle();
  },
  offerLayouts(names, chosen) {
    const options = names.map((name) => new Option(name, name, name === chosen, name === chosen));
    if (!element("layout").options.length) element("layout").replaceChildren(...options);
  },
  showProgress(text) {
    show("connecting", text);
  },
  showTyped({ done, total, isOver, what, hint }) {
    if (isOver) typing = null;
    if (what) showMessage([what, hint].filter(Boolean).join(" "), { button: "Close" });
    else if (total > LONG_TEXT) {
      const stop = { button: "Stop", onButton: () => typing?.abort() };
      const count = (number) => number.toLocaleString("en");
      if (isOver) showMessage(`Typed ${count(done)} of ${count(total)} characters.`);
      else showMessage(`Typing ${count(done)} of ${count(total)} characters …`, stop);
    }
  },
};

const query = new URLSearchParams(window.location.search);
const home = query.has("vncUrl") || query.has("instanceId") ? new VendorHome(view) : new LocalHome(view);

const keyboard = new Keyboard(element("keys"), {
  send: (keysym, isDown, scancode) => home.rfb?.key(keysym, isDown, scancode),
  type: typeText,
  paste: (text) => (/[\r\n]/.test(text.trimEnd()) ? openPasteDialog(text) : typeText(text)),
  leave: focusBar,
  showHeld(codes) {
    for (const button of document.querySelectorAll("[data-hold]")) {
      button.setAttribute("aria-pressed", codes.has(button.dataset.hold));
    }
  },
});

new Pointer(element("screen"), {
  place: (event) => screen.place(event),
  send: (x, y, buttons) => home.rfb?.pointer(x, y, buttons),
  zoomBy: (factor, around) => screen.zoomBy(factor, around),
  focus: focusConsole,
});

const display = {
  start(name) {
    title.name ||= name;
    body.dataset.screen = "shown";
    show("connected", "Connected");
    if (!document.querySelector("dialog[open], [popover]:popover-open")) focusConsole();
  },
  resize: (...size) => screen.resize(...size),
  paint: (...painting) => screen.paint(...painting),
  copy: (...places) => screen.copy(...places),
};
// A finger has no pointer to be drawn: there, the machine draws its own.
if (!window.matchMedia("(pointer: coarse)").matches) display.setCursor = (...cursor) => screen.setCursor(...cursor);

setUpPage();
run();

/** Connect, and again for as long as the home says so; then show how it ended. */
async function run(options) {
  hideNotice();
  for (let ending = { againS: 0 }; ;) {
    show("connecting", "Connecting");
    ending = await home.connect(display, options);
    options = undefined;
    typing = null;
    if (ending.againS === null) {
      showEnding(ending);
      return;
    }
    showMessage(ending.title);
    show("connecting", "Connecting again");
    await new Promise((resolve) => { setTimeout(resolve, ending.againS * 1000); });
  }
}

function showEnding(ending) {
  show("closed", "Closed");
  hideMessage();
  for (const dialog of document.querySelectorAll("dialog[open]")) dialog.close();
  element("menu").hidePopover();
  showNotice(
    ending,
    () => run({ takesTab: ending.takesTab }),
    () => copy(ending.command, "Copied. Paste it into a terminal."),
  );
}

function show(state, words) {
  body.dataset.state = state;
  element("stage").inert = state === "closed";
  for (const id of whenConnected) element(id).disabled = state !== "connected";
  element("state-text").textContent = words;
  showTitle();
}

function showTitle() {
  element("name").textContent = title.name || title.id || "Console";
  const closed = body.dataset.state === "closed" ? "Closed: " : "";
  document.title = `${closed}${title.name || title.id || "Console"} · ECS console`;
}

function focusConsole() {
  element("keys").focus({ preventScroll: true });
}

function focusBar() {
  document.querySelector(".tools button:not(:disabled)").focus();
}

function typeText(text) {
  keyboard.releaseAll();
  typing?.abort();
  typing = new AbortController();
  home.paste(text.replaceAll("\r\n", "\n"), { keyboard, layout: element("layout").value, signal: typing.signal });
}

function openPasteDialog(text = "") {
  element("paste-text").value = text;
  element("paste-dialog").returnValue = "";
  element("paste-dialog").showModal();
  element("paste-text").focus();
}

async function copy(text, told) {
  try {
    await navigator.clipboard.writeText(text);
    showMessage(told);
  } catch { // without permission, or too long after the click
    element("copied-text").value = text;
    element("copy-dialog").showModal();
    element("copied-text").select();
  }
}

async function copyText() {
  const { text, unknown, what, hint } = await home.readText(await screen.png());
  if (what) {
    showMessage([what, hint].filter(Boolean).join(" "), { button: "Close" });
    return;
  }
  const cells = `${unknown} ${unknown === 1 ? "character" : "characters"}`;
  await copy(text, unknown ? `Copied the text on the screen. ${cells} could not be read (\ufffd).` : "Copied the text on the screen.");
}

async function savePng() {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(await screen.png());
  const time = new Date().toISOString().slice(0, 19).replaceAll(":", "-");
  link.download = `${title.name || title.id || "console"}_${time}.png`;
  link.click();
  URL.revokeObjectURL(link.href);
  showMessage(`Saved ${link.download} in the browser's folder for downloads.`);
}

async function toggleFullScreen() {
  if (document.fullscreenElement) {
    await document.exitFullscreen();
  } else {
    await document.documentElement.requestFullscreen();
    // Where the browser supports it, keys like Alt+Tab and Ctrl+W go to the console too; holding Escape leaves full screen.
    navigator.keyboard?.lock?.().catch(() => {});
  }
  focusConsole();
}

function setUpPage() {
  body.dataset.home = home.hasProcess ? "local" : "vendor";
  element("copy-text").hidden = !home.hasProcess;
  element("layout-row").hidden = !home.hasProcess;
  if (/Mac/.test(navigator.platform)) element("paste-shortcut").textContent = "⌘V types what is in the clipboard.";

  const press = (...codes) => {
    element("menu").hidePopover();
    focusConsole();
    keyboard.chord(...codes);
  };
  const onClick = (id, action) => element(id).addEventListener("click", action);
  onClick("attention", () => press("ControlLeft", "AltLeft", "Delete"));
  onClick("send-sysrq", () => press("AltLeft", "PrintScreen", element("sysrq").value));
  onClick("paste", () => openPasteDialog());
  onClick("copy-text", copyText);
  onClick("save-png", savePng);
  onClick("full-screen", toggleFullScreen);
  onClick("zoom-in", () => screen.zoomIn());
  onClick("zoom-out", () => screen.zoomOut());
  onClick("zoom-fit", () => screen.zoomToFit());
  onClick("bar-handle", focusBar);
  for (const button of document.querySelectorAll("[data-chord]")) {
    button.addEventListener("click", () => press(...button.dataset.chord.split(" ")));
  }
  for (const button of document.querySelectorAll("[data-key]")) {
    button.addEventListener("click", () => keyboard.chord(button.dataset.key));
  }
  for (const button of document.querySelectorAll("[data-hold]")) {
    button.addEventListener("click", () => keyboard.toggleHeld(button.dataset.hold));
  }
  // A finger on these keys does not take the focus, or the keyboard on the glass would go away.
  for (const kind of ["pointerdown", "mousedown"]) {
    document.querySelector(".touch-keys").addEventListener(kind, (event) => event.preventDefault());
  }

  element("paste-dialog").addEventListener("close", () => {
    focusConsole();
    if (element("paste-dialog").returnValue === "type") typeText(element("paste-text").value);
  });
  element("copy-dialog").addEventListener("close", focusConsole);
  element("menu").addEventListener("toggle", (event) => { if (event.newState === "closed") focusConsole(); });
  element("bar").addEventListener("keydown", (event) => { if (event.key === "Escape") focusConsole(); });
  document.addEventListener("fullscreenchange", () => {
    const name = document.fullscreenElement ? "Leave full screen" : "Full screen";
    element("full-screen").title = name;
    element("full-screen").querySelector("span").textContent = name;
  });
  for (const kind of ["focus", "blur"]) {
    element("keys").addEventListener(kind, () => { body.dataset.typing = document.activeElement === element("keys"); });
  }
  // Safari does not make the page smaller for its keyboard on the glass.
  window.visualViewport?.addEventListener("resize", () => {
    const isZoomed = window.visualViewport.scale !== 1;
    body.style.height = isZoomed ? "" : `${window.visualViewport.height}px`;
  });
}
