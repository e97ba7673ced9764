// ZRLE (RFC 6143, section 7.7.6): tiles of 64 by 64 pixels, as runs and palettes, in one zlib stream per connection.
// Pixels come as CPIXELs of three bytes (red, green, blue) and leave as canvas pixels (0xAABBGGRR, little-endian).

import { ByteQueue } from "./bytes.js";

const TILE = 64;
const OPAQUE = 0xff000000;

export const canInflate = typeof DecompressionStream !== "undefined";

export class ZrleDecoder {
  #inflated = new ByteQueue();
  #deflated;

  constructor() {
    const stream = new DecompressionStream("deflate");
    this.#deflated = stream.writable.getWriter();
    this.#collect(stream.readable.getReader());
  }

  /** The pixels of one rectangle, row by row. */
  async decode(data, width, height) {
    const written = this.#deflated.write(data);
    written.catch(() => {}); // the reading side has the same error, and reports it
    const pixels = new Uint32Array(width * height);
    for (let y = 0; y < height; y += TILE) {
      for (let x = 0; x < width; x += TILE) {
        const columns = Math.min(TILE, width - x);
        const rows = Math.min(TILE, height - y);
        const tile = await this.#tile(columns * rows, columns, rows);
        for (let row = 0; row < rows; row += 1) {
          pixels.set(tile.subarray(row * columns, (row + 1) * columns), (y + row) * width + x);
        }
      }
    }
    return pixels;
  }

  async #collect(reader) {
    try {
      for (;;) {
        const { value, done } = await reader.read();
        if (done) break;
        this.#inflated.push(value);
      }
      this.#inflated.end(new Error("The compressed stream ended."));
    } catch (error) {
      this.#inflated.end(error);
    }
  }

  async #tile(count, columns, rows) {
    const kind = await this.#inflated.readU8();
    const isRuns = kind >= 128;
    const paletteSize = kind & 127;
    if (isRuns ? paletteSize === 1 : paletteSize > 16) throw new Error(`ZRLE has no tile of kind ${kind}.`);
    const palette = await this.#pixels(paletteSize);
    if (isRuns) return this.#runs(count, palette);
    if (paletteSize === 0) return this.#pixels(count);
    if (paletteSize === 1) return new Uint32Array(count).fill(palette[0]);
    return this.#packed(palette, columns, rows);
  }

  async #pixels(count) {
    const bytes = await this.#inflated.read(3 * count);
    const pixels = new Uint32Array(count);
    for (let at = 0; at < count; at += 1) {
      pixels[at] = OPAQUE | bytes[3 * at + 2] << 16 | bytes[3 * at + 1] << 8 | bytes[3 * at];
    }
    return pixels;
  }

  async #packed(palette, columns, rows) {
    const bitsEach = palette.length === 2 ? 1 : palette.length <= 4 ? 2 : 4;
    const rowBytes = Math.ceil(columns * bitsEach / 8);
    const bytes = await this.#inflated.read(rowBytes * rows);
    return Uint32Array.from({ length: columns * rows }, (_, at) => {
      const bit = at % columns * bitsEach;
      const byte = bytes[Math.floor(at / columns) * rowBytes + (bit >> 3)];
      return palette[byte >> (8 - bitsEach - (bit & 7)) & ((1 << bitsEach) - 1)];
    });
  }

  async #runs(count, palette) {
    const pixels = new Uint32Array(count);
    let filled = 0;
    while (filled < count) {
      let pixel;
      let isRun = true;
      if (palette.length === 0) {
        [pixel] = await this.#pixels(1);
      } else {
        const entry = await this.#inflated.readU8();
        pixel = palette[entry & 127];
        isRun = entry >= 128;
      }
      const length = isRun ? await this.#runLength() : 1;
      pixels.fill(pixel, filled, filled + length);
      filled += length;
    }
    return pixels;
  }

  async #runLength() {
    let length = 1;
    let byte;
    do {
      byte = await this.#inflated.readU8();
      length += byte;
    } while (byte === 255);
    return length;
  }
}
