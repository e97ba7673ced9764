// The browser's keyboard, as keys of the console.

import { keysymOf, keysymOfCharacter, needsShift, SHIFT } from "./keysyms.js";

const ALT_GRAPH = 0xfe03;
const PAUSE_BETWEEN_PASTED_MS = 6; // real consoles lose keys that come faster than a keyboard's

export class Keyboard {
  #down = new Map(); // which keysym each physical key sent when it went down, to send the same when it goes up
  #send;
  #field;

  /** Listen on `field`, a text field (so that input methods work); `send(keysym, isDown)` sends. */
  constructor(field, send) {
    this.#send = send;
    this.#field = field;
    field.addEventListener("keydown", (event) => this.#keyDown(event));
    field.addEventListener("keyup", (event) => this.#keyUp(event));
    field.addEventListener("input", (event) => this.#input(event));
    field.addEventListener("compositionend", (event) => this.#typeComposed(event.data));
    field.addEventListener("blur", () => this.releaseAll());
  }

  /** Release every key: the browser will not report when they go up. */
  releaseAll() {
    for (const keysym of this.#down.values()) this.#send(keysym, false);
    this.#down.clear();
  }

  /** Press keys one after another, and release them in reverse order. */
  chord(...keysyms) {
    for (const keysym of keysyms) this.#send(keysym, true);
    for (const keysym of keysyms.reverse()) this.#send(keysym, false);
  }

  /** Type a text, key by key. */
  async type(text) {
    this.releaseAll();
    for (const character of text.replaceAll("\r\n", "\n")) {
      this.#typeCharacter(character);
      await new Promise((resolve) => { setTimeout(resolve, PAUSE_BETWEEN_PASTED_MS); });
    }
  }

  #typeCharacter(character) {
    this.chord(...needsShift(character) ? [SHIFT] : [], keysymOfCharacter(character));
  }

  #keyDown(event) {
    // A dead key, or a key that an input method takes: its result arrives as a composition.
    if (event.isComposing || event.key === "Dead" || event.key === "Process" || event.key === "Unidentified") return;
    const keysym = keysymOf(event);
    event.preventDefault();
    if (keysym === null) return;
    // Windows reports AltGr as Ctrl and AltGr: that Ctrl was not pressed.
    if (keysym === ALT_GRAPH) this.#release("ControlLeft");
    const place = event.code || event.key;
    this.#down.set(place, keysym);
    this.#send(keysym, true);
    if (!event.code) this.#release(place); // keyboards on glass have no keys that go up
  }

  #keyUp(event) {
    event.preventDefault();
    this.#release(event.code || event.key);
    // macOS does not report that a key went up while Command was held.
    if (event.key === "Meta") this.releaseAll();
  }

  #release(place) {
    const keysym = this.#down.get(place);
    if (keysym === undefined) return;
    this.#down.delete(place);
    this.#send(keysym, false);
  }

  #input(event) {
    if (event.isComposing) return;
    this.#typeComposed(event.data ?? "");
  }

  #typeComposed(text) {
    if (this.#field.value === "" && text === "") return;
    this.#field.value = "";
    for (const character of text) this.#typeCharacter(character);
  }
}
