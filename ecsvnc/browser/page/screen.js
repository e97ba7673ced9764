// The console's picture on the page: as large as the window allows, in proportion, and sharp.

const NEARLY_WHOLE = 0.06;

export class Screen {
  #canvas;
  #stage;
  #picture = document.createElement("canvas"); // the framebuffer, pixel for pixel
  #sharpness = 1; // how many canvas pixels a side of one of its pixels has

  constructor(canvas, stage) {
    this.#canvas = canvas;
    this.#stage = stage;
    new ResizeObserver(() => this.#fit()).observe(stage);
  }

  /** The framebuffer's size is known. */
  resize(width, height) {
    this.#picture.width = width;
    this.#picture.height = height;
    this.#fit();
  }

  /** Paint a rectangle of canvas pixels. */
  paint(x, y, width, height, pixels) {
    if (width === 0 || height === 0) return;
    const image = new ImageData(new Uint8ClampedArray(pixels.buffer), width, height);
    this.#picture.getContext("2d").putImageData(image, x, y);
    this.#show(x, y, width, height);
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

  #fit() {
    const { width, height } = this.#picture;
    const room = roomIn(this.#stage);
    if (room.width <= 0 || room.height <= 0) return;
    const density = window.devicePixelRatio || 1;
    let scale = Math.min(room.width / width, room.height / height) * density;
    const below = Math.floor(scale);
    if (below >= 1 && scale / below - 1 < NEARLY_WHOLE) scale = below; // the last few pixels are worth less than sharpness
    // Enlarged by whole pixels first and then shrunk smoothly to the size wanted, letters stay sharp and even.
    const sharpness = Math.max(1, Math.ceil(scale));
    if (this.#canvas.width !== width * sharpness || this.#canvas.height !== height * sharpness) {
      this.#sharpness = sharpness;
      this.#canvas.width = width * sharpness;
      this.#canvas.height = height * sharpness;
      this.#show(0, 0, width, height);
    }
    const shown = { width: Math.round(width * scale) / density, height: Math.round(height * scale) / density };
    const style = this.#canvas.style;
    style.width = `${shown.width}px`;
    style.height = `${shown.height}px`;
    style.left = `${room.margin + Math.floor((room.width - shown.width) / 2 * density) / density}px`;
    style.top = `${room.margin + Math.floor((room.height - shown.height) / 2 * density) / density}px`;
  }

  #show(x, y, width, height) {
    const context = this.#canvas.getContext("2d", { alpha: false });
    context.imageSmoothingEnabled = false;
    const by = this.#sharpness;
    context.drawImage(this.#picture, x, y, width, height, x * by, y * by, width * by, height * by);
  }
}

/** The space inside an element's padding, which is the same on all sides. */
function roomIn(stage) {
  const margin = parseFloat(getComputedStyle(stage).paddingLeft);
  return { margin, width: stage.clientWidth - 2 * margin, height: stage.clientHeight - 2 * margin };
}
