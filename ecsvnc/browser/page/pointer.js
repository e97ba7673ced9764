// The browser's pointer, as the console's: a mouse as it is; of a finger, a tap is a click and a long one a right click.
// A finger that moves scrolls the picture, and two fingers zoom it.

const WHEEL = { up: 8, down: 16, left: 32, right: 64 };
const WHEEL_STEP_PX = 50;
const WHEEL_ZOOM = 1.002; // for a pixel of the wheel with Ctrl, which is also what a touchpad reports for two fingers
const LEFT = 1;
const RIGHT = 4;
const TAP_PX = 10;
const LONG_TAP_MS = 500;

export class Pointer {
  #canvas;
  #actions;
  #at = { x: 0, y: 0 };
  #buttons = 0;
  #isMoveDue = false;
  #scrolled = { x: 0, y: 0 };
  #tap = null;

  /**
   * Listen on `canvas`. `actions` are: `place(event)`, which gives the screen's pixel under the pointer;
   * `send(x, y, buttons)`; `zoomBy(factor, {x, y})`; `focus()` when the console was clicked or tapped.
   */
  constructor(canvas, actions) {
    this.#canvas = canvas;
    this.#actions = actions;
    for (const kind of ["pointerdown", "pointermove", "pointerup", "pointercancel"]) {
      canvas.addEventListener(kind, (event) => (event.pointerType === "touch" ? this.#touch(event) : this.#mouse(event)));
    }
    canvas.addEventListener("wheel", (event) => this.#wheel(event), { passive: false });
    canvas.addEventListener("contextmenu", (event) => event.preventDefault());
    let distance = 0;
    canvas.addEventListener("touchstart", (event) => { distance = span(event.touches); });
    canvas.addEventListener("touchmove", (event) => {
      if (event.touches.length !== 2) return;
      event.preventDefault();
      this.#endTap();
      const [first, second] = event.touches;
      const middle = { x: (first.clientX + second.clientX) / 2, y: (first.clientY + second.clientY) / 2 };
      this.#actions.zoomBy(span(event.touches) / distance, middle);
      distance = span(event.touches);
    }, { passive: false });
  }

  #mouse(event) {
    event.preventDefault();
    if (event.type === "pointerdown") {
      this.#canvas.setPointerCapture(event.pointerId);
      this.#actions.focus();
    }
    this.#at = this.#actions.place(event);
    const buttons = event.type === "pointercancel" ? 0 : rfbButtons(event.buttons);
    if (buttons !== this.#buttons) {
      this.#buttons = buttons;
      this.#report(buttons);
    } else if (!this.#isMoveDue) { // moves go out once a frame: more would only queue up
      this.#isMoveDue = true;
      requestAnimationFrame(() => {
        this.#isMoveDue = false;
        this.#report(this.#buttons);
      });
    }
  }

  #touch(event) {
    if (event.type === "pointerdown" && event.isPrimary) {
      const timer = setTimeout(() => {
        this.#endTap();
        this.#click(event, RIGHT);
      }, LONG_TAP_MS);
      this.#tap = { x: event.clientX, y: event.clientY, timer };
    } else if (this.#tap && event.type === "pointerup") {
      this.#endTap();
      this.#click(event, LEFT);
      this.#actions.focus();
    } else if (this.#tap) {
      const moved = Math.hypot(event.clientX - this.#tap.x, event.clientY - this.#tap.y);
      if (event.type === "pointercancel" || moved > TAP_PX || !event.isPrimary) this.#endTap();
    }
  }

  #endTap() {
    clearTimeout(this.#tap?.timer);
    this.#tap = null;
  }

  #click(event, button) {
    this.#at = this.#actions.place(event);
    for (const buttons of [0, button, 0]) this.#report(buttons);
  }

  #wheel(event) {
    event.preventDefault();
    const pixels = event.deltaMode === WheelEvent.DOM_DELTA_PIXEL ? 1 : WHEEL_STEP_PX;
    if (event.ctrlKey) {
      this.#actions.zoomBy(WHEEL_ZOOM ** (-event.deltaY * pixels), { x: event.clientX, y: event.clientY });
      return;
    }
    this.#at = this.#actions.place(event);
    this.#scroll("y", event.deltaY * pixels, WHEEL.up, WHEEL.down);
    this.#scroll("x", event.deltaX * pixels, WHEEL.left, WHEEL.right);
  }

  #scroll(axis, by, back, on) {
    this.#scrolled[axis] += by;
    while (Math.abs(this.#scrolled[axis]) >= WHEEL_STEP_PX) {
      const isBack = this.#scrolled[axis] < 0;
      this.#scrolled[axis] += isBack ? WHEEL_STEP_PX : -WHEEL_STEP_PX;
      this.#report(this.#buttons | (isBack ? back : on));
      this.#report(this.#buttons);
    }
  }

  #report(buttons) {
    this.#actions.send(this.#at.x, this.#at.y, buttons);
  }
}

/** The distance of two fingers, in pixels. */
function span(touches) {
  if (touches.length !== 2) return 0;
  return Math.hypot(touches[0].clientX - touches[1].clientX, touches[0].clientY - touches[1].clientY);
}

/** The DOM counts left, right, middle; RFB left, middle, right (RFC 6143, section 7.5.5). */
function rfbButtons(buttons) {
  return buttons & 1 | (buttons & 4) >> 1 | (buttons & 2) << 1;
}
