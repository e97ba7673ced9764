// Where a key is on the keyboard: from KeyboardEvent.code to the XT scan code as QEMU's extended key event takes it, of
// a code that begins with 0xe0 the second byte with its high bit set (github.com/rfbproto, "QEMU Extended Key Event").

const ROWS = [
  [0x01, "Escape Digit1 Digit2 Digit3 Digit4 Digit5 Digit6 Digit7 Digit8 Digit9 Digit0 Minus Equal Backspace"],
  [0x0f, "Tab KeyQ KeyW KeyE KeyR KeyT KeyY KeyU KeyI KeyO KeyP BracketLeft BracketRight Enter"],
  [0x1d, "ControlLeft KeyA KeyS KeyD KeyF KeyG KeyH KeyJ KeyK KeyL Semicolon Quote Backquote"],
  [0x2a, "ShiftLeft Backslash KeyZ KeyX KeyC KeyV KeyB KeyN KeyM Comma Period Slash ShiftRight NumpadMultiply"],
  [0x38, "AltLeft Space CapsLock F1 F2 F3 F4 F5 F6 F7 F8 F9 F10"],
  [0x45, "NumLock ScrollLock Numpad7 Numpad8 Numpad9 NumpadSubtract Numpad4 Numpad5 Numpad6 NumpadAdd"],
  [0x4f, "Numpad1 Numpad2 Numpad3 Numpad0 NumpadDecimal"],
  [0x56, "IntlBackslash F11 F12"],
  [0xc7, "Home ArrowUp PageUp"],
  [0xcf, "End ArrowDown PageDown Insert Delete"],
  [0xdb, "MetaLeft MetaRight ContextMenu"],
];

const OTHERS = {
  NumpadEnter: 0x9c, ControlRight: 0x9d, NumpadDivide: 0xb5, PrintScreen: 0xb7, AltRight: 0xb8, Pause: 0xc6,
  ArrowLeft: 0xcb, ArrowRight: 0xcd, NumpadEqual: 0x59, KanaMode: 0x70, IntlRo: 0x73, Convert: 0x79, NonConvert: 0x7b,
  IntlYen: 0x7d, NumpadComma: 0x7e,
};

const SCANCODES = new Map(Object.entries(OTHERS));
for (const [first, names] of ROWS) names.split(" ").forEach((name, number) => SCANCODES.set(name, first + number));

/** The scan code of a KeyboardEvent.code; 0 if there is none, as for touch keyboards. */
export function scancodeOf(code) {
  return SCANCODES.get(code) ?? 0;
}
