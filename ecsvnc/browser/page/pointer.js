// The browser's pointer, as the console's.

const WHEEL = { up: 8, down: 16, left: 32, right: 64 };
const WHEEL_STEP_PX = 50;

export class Pointer {
  #canvas;
  #send;
  #at = { x: 0, y: 0 };
  #buttons = 0;
  #isMoveDue = false;
  #scrolled = { x: 0, y: 0 };

  /** Listen on `canvas`; `place(event)` gives the screen's pixel under the pointer, `send(x, y, buttons)` sends. */
  constructor(canvas, place, send) {
    this.#canvas = canvas;
    this.#send = send;
    for (const kind of ["pointerdown", "pointermove", "pointerup", "pointercancel"]) {
      canvas.addEventListener(kind, (event) => this.#pointer(event, place(event)));
    }
    canvas.addEventListener("wheel", (event) => this.#wheel(event, place(event)), { passive: false });
    canvas.addEventListener("contextmenu", (event) => event.preventDefault());
  }

  #pointer(event, at) {
    event.preventDefault();
    if (event.type === "pointerdown") this.#canvas.setPointerCapture(event.pointerId);
    this.#at = at;
    const buttons = event.type === "pointercancel" ? 0 : rfbButtons(event.buttons);
    if (buttons !== this.#buttons) {
      this.#buttons = buttons;
      this.#say(buttons);
    } else if (!this.#isMoveDue) { // moves go out once a frame: more would only queue up
      this.#isMoveDue = true;
      requestAnimationFrame(() => {
        this.#isMoveDue = false;
        this.#say(this.#buttons);
      });
    }
  }

  #wheel(event, at) {
    event.preventDefault();
    this.#at = at;
    const pixels = event.deltaMode === WheelEvent.DOM_DELTA_PIXEL ? 1 : WHEEL_STEP_PX;
    this.#scroll("y", event.deltaY * pixels, WHEEL.up, WHEEL.down);
    this.#scroll("x", event.deltaX * pixels, WHEEL.left, WHEEL.right);
  }

  #scroll(axis, by, back, on) {
    this.#scrolled[axis] += by;
    while (Math.abs(this.#scrolled[axis]) >= WHEEL_STEP_PX) {
      const isBack = this.#scrolled[axis] < 0;
      this.#scrolled[axis] += isBack ? WHEEL_STEP_PX : -WHEEL_STEP_PX;
      this.#say(this.#buttons | (isBack ? back : on));
      this.#say(this.#buttons);
    }
  }

  #say(buttons) {
    this.#send(this.#at.x, this.#at.y, buttons);
  }
}

/** The DOM counts left, right, middle; RFB left, middle, right (RFC 6143, section 7.5.5). */
function rfbButtons(buttons) {
  return buttons & 1 | (buttons & 4) >> 1 | (buttons & 2) << 1;
}
