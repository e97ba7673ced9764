// The console's picture on the page: as large as the window allows, in proportion, and sharp; larger when zoomed.

const NEARLY_WHOLE = 0.06;
const ZOOM_STEP = 1.5;
const MOST_ZOOM = 8;
const MOST_SHARPNESS = 3; // more would take a lot of memory, and nobody sees it
const MOST_CURSOR_PX = 128; // browsers ignore larger ones

export class Screen {
  #canvas;
  #stage;
  #picture = document.createElement("canvas"); // the framebuffer, pixel for pixel
  #sharpness = 1; // how many canvas pixels a side of one of its pixels has
  #zoom = 1;

  /** `stage` is the element that shows the canvas, or the part of it that fits. */
  constructor(canvas, stage) {
    this.#canvas = canvas;
    this.#stage = stage;
    new ResizeObserver(() => this.#fit()).observe(stage);
  }

  /** The framebuffer's size is known, or changed. */
  resize(width, height) {
    this.#picture.width = width;
    this.#picture.height = height;
    this.#canvas.style.cursor = "";
    this.#fit();
  }

  /** Paint a rectangle of canvas pixels. */
  paint(x, y, width, height, pixels) {
    if (width === 0 || height === 0) return;
    const image = new ImageData(new Uint8ClampedArray(pixels.buffer), width, height);
    this.#context.putImageData(image, x, y);
    this.#show(x, y, width, height);
  }

  /** Copy a rectangle of the picture to another place in it. */
  copy(fromX, fromY, x, y, width, height) {
    if (width === 0 || height === 0) return;
    this.#context.drawImage(this.#picture, fromX, fromY, width, height, x, y, width, height);
    this.#show(x, y, width, height);
  }

  /** Show the pointer as these canvas pixels, whose hot spot is at x, y. */
  setCursor(x, y, width, height, pixels) {
    if (width === 0 || height === 0 || Math.max(width, height) > MOST_CURSOR_PX) {
      this.#canvas.style.cursor = "";
      return;
    }
    const drawn = document.createElement("canvas");
    [drawn.width, drawn.height] = [width, height];
    drawn.getContext("2d").putImageData(new ImageData(new Uint8ClampedArray(pixels.buffer), width, height), 0, 0);
    this.#canvas.style.cursor = `url(${drawn.toDataURL()}) ${x} ${y}, default`;
  }

  /** The framebuffer as a PNG file, a promise of a Blob. */
  png() {
    return new Promise((resolve) => { this.#picture.toBlob(resolve, "image/png"); });
  }

  /** The framebuffer's pixel under a pointer event. */
  place(event) {
    const box = this.#canvas.getBoundingClientRect();
    const along = (at, start, length, count) => Math.max(0, Math.min(count - 1, Math.floor((at - start) / length * count)));
    return {
      x: along(event.clientX, box.left, box.width, this.#picture.width),
      y: along(event.clientY, box.top, box.height, this.#picture.height),
    };
  }

  zoomIn() { this.zoomBy(ZOOM_STEP); }

  zoomOut() { this.zoomBy(1 / ZOOM_STEP); }

  zoomToFit() { this.zoomBy(0); }

  /** Enlarge what is seen. The point `around` (of the window; its middle if absent) stays where it is. */
  zoomBy(factor, around = this.#middle()) {
    const zoom = Math.max(1, Math.min(MOST_ZOOM, this.#zoom * factor));
    if (zoom === this.#zoom) return;
    const before = this.#canvas.getBoundingClientRect();
    const across = (around.x - before.left) / before.width;
    const down = (around.y - before.top) / before.height;
    this.#zoom = zoom;
    this.#stage.classList.toggle("zoomed", zoom > 1);
    this.#fit();
    const after = this.#canvas.getBoundingClientRect();
    this.#stage.scrollLeft += after.left + across * after.width - around.x;
    this.#stage.scrollTop += after.top + down * after.height - around.y;
  }

  get #context() {
    return this.#picture.getContext("2d", { willReadFrequently: true });
  }

  #middle() {
    const box = this.#stage.getBoundingClientRect();
    return { x: box.left + box.width / 2, y: box.top + box.height / 2 };
  }

  #fit() {
    const { width, height } = this.#picture;
    const room = roomIn(this.#stage);
    if (room.width <= 0 || room.height <= 0) return;
    const density = window.devicePixelRatio || 1;
    let scale = Math.min(room.width / width, room.height / height) * density;
    const below = Math.floor(scale);
    if (below >= 1 && scale / below - 1 < NEARLY_WHOLE) scale = below; // the last few pixels are worth less than sharpness
    scale *= this.#zoom;
    // Enlarged by whole pixels first and then shrunk smoothly to the size wanted, letters stay sharp and even.
    const sharpness = Math.min(MOST_SHARPNESS, Math.max(1, Math.ceil(scale)));
    if (this.#canvas.width !== width * sharpness || this.#canvas.height !== height * sharpness) {
      this.#sharpness = sharpness;
      this.#canvas.width = width * sharpness;
      this.#canvas.height = height * sharpness;
      this.#show(0, 0, width, height);
    }
    const shown = { width: Math.round(width * scale) / density, height: Math.round(height * scale) / density };
    const centred = (length, space) => room.margin + Math.max(0, Math.floor((space - length) / 2 * density) / density);
    const style = this.#canvas.style;
    style.width = `${shown.width}px`;
    style.height = `${shown.height}px`;
    style.left = `${centred(shown.width, room.width)}px`;
    style.top = `${centred(shown.height, room.height)}px`;
  }

  #show(x, y, width, height) {
    const context = this.#canvas.getContext("2d", { alpha: false });
    context.imageSmoothingEnabled = false;
    const by = this.#sharpness;
    context.drawImage(this.#picture, x, y, width, height, x * by, y * by, width * by, height * by);
  }
}

/** The space inside an element's padding, which is the same on all sides. Its scroll bars take nothing of it. */
function roomIn(stage) {
  const margin = parseFloat(getComputedStyle(stage).paddingLeft);
  return { margin, width: stage.offsetWidth - 2 * margin, height: stage.offsetHeight - 2 * margin };
}
