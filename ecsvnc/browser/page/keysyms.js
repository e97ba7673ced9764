// From a browser's key event to an X11 keysym, which RFB sends (RFC 6143, section 7.5.4).

const NAMED = {
  Backspace: 0xff08, Tab: 0xff09, Enter: 0xff0d, Pause: 0xff13, ScrollLock: 0xff14, Escape: 0xff1b, Delete: 0xffff,
  Home: 0xff50, ArrowLeft: 0xff51, ArrowUp: 0xff52, ArrowRight: 0xff53, ArrowDown: 0xff54,
  PageUp: 0xff55, PageDown: 0xff56, End: 0xff57, Insert: 0xff63, ContextMenu: 0xff67, Clear: 0xff0b,
  PrintScreen: 0xff61, Help: 0xff6a, Undo: 0xff65, Redo: 0xff66, Find: 0xff68, Cancel: 0xff69, Select: 0xff60,
  Convert: 0xff23, NonConvert: 0xff22, HiraganaKatakana: 0xff27, ZenkakuHankaku: 0xff2a, KanaMode: 0xff2d,
};
for (let number = 1; number <= 24; number += 1) NAMED[`F${number}`] = 0xffbe + number - 1;

// The left one and the right one.
const MODIFIERS = {
  Shift: [0xffe1, 0xffe2], Control: [0xffe3, 0xffe4], Alt: [0xffe9, 0xffea],
  Meta: [0xffeb, 0xffec], OS: [0xffeb, 0xffec], AltGraph: [0xfe03, 0xfe03],
};

const KEYPAD_NAMED = {
  Enter: 0xff8d, Home: 0xff95, ArrowLeft: 0xff96, ArrowUp: 0xff97, ArrowRight: 0xff98, ArrowDown: 0xff99,
  PageUp: 0xff9a, PageDown: 0xff9b, End: 0xff9c, Clear: 0xff9d, Insert: 0xff9e, Delete: 0xff9f,
};
const KEYPAD_CHARACTERS = "0123456789*+,-./=";

const RIGHT = 2;
const KEYPAD = 3;

// On the US layout: servers that use key codes need Shift held with these.
const SHIFTED = /^[A-Z~!@#$%^&*()_+{}|:"<>?]$/;

export const SHIFT = 0xffe1;
export const ALT_GRAPH = 0xfe03;

/** The keysym of a KeyboardEvent; null if it has none (a dead key, a lock key, an input method at work). */
export function keysymOf({ key, location }) {
  if (key in MODIFIERS) return MODIFIERS[key][location === RIGHT ? 1 : 0];
  if (location === KEYPAD) {
    if (key in KEYPAD_NAMED) return KEYPAD_NAMED[key];
    if (KEYPAD_CHARACTERS.includes(key)) return 0xff80 + key.charCodeAt(0);
  }
  if (key in NAMED) return NAMED[key];
  return [...key].length === 1 ? keysymOfCharacter(key) : null;
}

/** The keysym that types a character: Latin-1 is itself, the rest is Unicode's. */
export function keysymOfCharacter(character) {
  if (character === "\n" || character === "\r") return NAMED.Enter;
  if (character === "\t") return NAMED.Tab;
  const code = character.codePointAt(0);
  const isLatin1 = code >= 0x20 && code <= 0x7e || code >= 0xa0 && code <= 0xff;
  return isLatin1 ? code : 0x01000000 + code;
}

/** The keysym of a key by its KeyboardEvent.code, on a US keyboard; for keys that people press by their name. */
export function keysymOfCode(code) {
  const [, letter] = /^Key([A-Z])$/.exec(code) ?? [];
  if (letter) return keysymOfCharacter(letter.toLowerCase());
  const [, name, side] = /^(Control|Alt|Shift|Meta)(Left|Right)$/.exec(code) ?? [];
  return name ? MODIFIERS[name][side === "Right" ? 1 : 0] : NAMED[code];
}

export function needsShift(character) {
  return SHIFTED.test(character);
}
