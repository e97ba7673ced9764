// The browser's keyboard, as keys of the console.

import { ALT_GRAPH, keysymOf, keysymOfCharacter, keysymOfCode, needsShift, SHIFT } from "./keysyms.js";
import { scancodeOf } from "./scancodes.js";

const PAUSE_BETWEEN_EVENTS_MS = 12; // a machine takes a key event every 10 ms; if its queue is full, it loses them
const IS_MAC = /Mac|iPhone|iPad/.test(navigator.platform);

export class Keyboard {
  #down = new Map(); // what each physical key sent when it went down, to send the same when it goes up
  #held = new Set(); // codes of modifiers that are held for the next key
  #isLeaving = false; // Ctrl and Alt are down, and nothing else was pressed with them
  #queue = []; // events that wait, and functions that are called when everything before them was sent
  #timer = null;
  #actions;
  #field;

  /**
   * Listen on `field`, a text field (so that input methods work). `actions` are: `send(keysym, isDown, scancode)`;
   * `type(text)` for a text that was composed; `paste(text)`; `leave()` when the user presses and releases Ctrl+Alt;
   * `showHeld(codes)` when the modifiers that are held for the next key change.
   */
  constructor(field, actions) {
    this.#actions = actions;
    this.#field = field;
    field.addEventListener("keydown", (event) => this.#keyDown(event));
    field.addEventListener("keyup", (event) => this.#keyUp(event));
    field.addEventListener("input", (event) => this.#input(event));
    field.addEventListener("compositionend", (event) => this.#takeText(event.data));
    field.addEventListener("blur", () => this.releaseAll());
    field.addEventListener("paste", (event) => this.#paste(event));
  }

  /** Release every key: the browser will not report when they go up. */
  releaseAll() {
    this.#isLeaving = false;
    for (const place of [...this.#down.keys()]) this.#release(place);
  }

  /** Press keys, by their KeyboardEvent.code, one after another, and release them in reverse order. */
  async chord(...codes) {
    await this.#press(...[...this.#takeHeld(), ...codes].map((code) => [keysymOfCode(code), scancodeOf(code)]));
  }

  /** Hold a modifier, by its KeyboardEvent.code, until the next key was pressed; or no longer. */
  toggleHeld(code) {
    if (!this.#held.delete(code)) this.#held.add(code);
    this.#actions.showHeld(this.#held);
  }

  /** Type a text, key by key, as on a US keyboard; `onTyped(count)` is told the progress. It stops when `signal` does. */
  async type(text, onTyped, signal) {
    this.releaseAll();
    let count = 0;
    for (const character of text) {
      if (signal.aborted) return;
      await this.#press(...needsShift(character) ? [[SHIFT]] : [], [keysymOfCharacter(character)]);
      count += 1;
      onTyped(count);
    }
  }

  /** Press keys one after another and release them in reverse order; returns when it was done. */
  #press(...keys) {
    for (const [keysym, scancode] of keys) this.#send(keysym, true, scancode);
    for (const [keysym, scancode] of keys.toReversed()) this.#send(keysym, false, scancode);
    return new Promise((resolve) => { this.#queue.push(resolve); });
  }

  #send(...event) {
    this.#queue.push(event);
    if (this.#timer === null) this.#sendNext();
  }

  #sendNext() {
    while (typeof this.#queue[0] === "function") this.#queue.shift()();
    this.#timer = null;
    if (!this.#queue.length) return;
    this.#actions.send(...this.#queue.shift());
    this.#timer = setTimeout(() => this.#sendNext(), PAUSE_BETWEEN_EVENTS_MS);
  }

  #takeHeld() {
    const held = [...this.#held];
    this.#held.clear();
    if (held.length) this.#actions.showHeld(this.#held);
    return held;
  }

  #keyDown(event) {
    // A dead key, or a key that an input method takes: its result arrives as a composition.
    if (event.isComposing || event.key === "Dead" || event.key === "Process" || event.key === "Unidentified") return;
    if (isPasteShortcut(event)) return; // the browser then sends a paste event
    const keysym = keysymOf(event);
    event.preventDefault();
    if (keysym === null) return;
    // Windows reports AltGr as Ctrl and AltGr: that Ctrl was not pressed.
    if (keysym === ALT_GRAPH) this.#release("ControlLeft");
    const held = this.#takeHeld();
    for (const code of held) this.#send(keysymOfCode(code), true, scancodeOf(code));
    const place = event.code || event.key;
    this.#down.set(place, { keysym, scancode: scancodeOf(event.code), name: event.key });
    this.#send(keysym, true, scancodeOf(event.code));
    if (!event.code || held.length) this.#release(place); // touch keyboards do not report that a key goes up
    for (const code of held) this.#send(keysymOfCode(code), false, scancodeOf(code));
    const names = [...this.#down.values()].map((key) => key.name);
    this.#isLeaving = names.length === 2 && names.includes("Control") && names.includes("Alt");
  }

  #keyUp(event) {
    event.preventDefault();
    if (this.#isLeaving) {
      this.releaseAll();
      this.#actions.leave();
      return;
    }
    this.#release(event.code || event.key);
    // macOS does not report that a key went up while Command was held.
    if (event.key === "Meta") this.releaseAll();
  }

  #release(place) {
    const key = this.#down.get(place);
    if (key === undefined) return;
    this.#down.delete(place);
    this.#send(key.keysym, false, key.scancode);
  }

  #input(event) {
    if (event.isComposing) return;
    this.#takeText(event.inputType === "insertLineBreak" ? "\n" : event.data ?? "");
  }

  /** What an input method or a keyboard on glass wrote. */
  #takeText(text) {
    this.#field.value = "";
    if (text === "") return;
    const held = this.#takeHeld();
    if (held.length === 0) {
      this.#actions.type(text);
      return;
    }
    const modifiers = held.map((code) => [keysymOfCode(code), scancodeOf(code)]);
    this.#press(...modifiers, ...[...text].map((character) => [keysymOfCharacter(character.toLowerCase())]));
  }

  #paste(event) {
    event.preventDefault();
    this.releaseAll(); // Ctrl and Shift of the shortcut would change what is typed
    const text = event.clipboardData.getData("text/plain");
    if (text) this.#actions.paste(text);
  }
}

/** Whether the browser pastes upon this key: not by Ctrl+V, which consoles need themselves. */
function isPasteShortcut(event) {
  if (event.code !== "KeyV" || event.altKey) return false;
  return IS_MAC ? event.metaKey && !event.ctrlKey : event.ctrlKey && event.shiftKey && !event.metaKey;
}
