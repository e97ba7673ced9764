// ZRLE (RFC 6143, section 7.7.6): tiles of 64 by 64 pixels, as runs and palettes, in one zlib stream per connection.

const TILE = 64;

export const canInflate = typeof DecompressionStream !== "undefined";

export class ZrleDecoder {
  #format;
  #deflated;
  #bytes = new Uint8Array(256 * 1024); // inflated, and not decoded from #start to #end
  #start = 0;
  #end = 0;
  #failure = null;
  #wake = null;
  #tile = new Uint32Array(TILE * TILE);
  #palette = new Uint32Array(127);

  /** `format` is the PixelFormat of what will arrive. */
  constructor(format) {
    this.#format = format;
    const stream = new DecompressionStream("deflate");
    this.#deflated = stream.writable.getWriter();
    this.#collect(stream.readable.getReader());
  }

  /** The canvas pixels of one rectangle, row by row. */
  async decode(data, width, height) {
    this.#deflated.write(data).catch(() => {}); // the reading side has the same error, and reports it
    const pixels = new Uint32Array(width * height);
    for (let y = 0; y < height; y += TILE) {
      for (let x = 0; x < width; x += TILE) {
        const columns = Math.min(TILE, width - x);
        const rows = Math.min(TILE, height - y);
        // A tile that is not there as a whole is decoded from its start again: it has 16 KiB at most.
        while (!this.#decodeTile(columns, rows)) await this.#more();
        for (let row = 0; row < rows; row += 1) {
          pixels.set(this.#tile.subarray(row * columns, (row + 1) * columns), (y + row) * width + x);
        }
      }
    }
    return pixels;
  }

  async #collect(reader) {
    try {
      for (;;) {
        const { value, done } = await reader.read();
        if (done) throw new Error("The compressed stream ended.");
        this.#append(value);
        this.#wake?.();
      }
    } catch (error) {
      this.#failure = error;
      this.#wake?.();
    }
  }

  #append(bytes) {
    if (this.#end + bytes.length > this.#bytes.length) {
      const left = this.#bytes.subarray(this.#start, this.#end);
      const isLarge = left.length + bytes.length > this.#bytes.length / 2;
      const room = isLarge ? new Uint8Array(2 * (left.length + bytes.length)) : this.#bytes;
      room.set(left);
      [this.#bytes, this.#start, this.#end] = [room, 0, left.length];
    }
    this.#bytes.set(bytes, this.#end);
    this.#end += bytes.length;
  }

  async #more() {
    if (this.#failure) throw this.#failure;
    const before = this.#end - this.#start;
    while (this.#end - this.#start === before && !this.#failure) {
      await new Promise((resolve) => { this.#wake = resolve; });
    }
  }

  /** Decode the next tile into #tile; false if it has not arrived as a whole. */
  #decodeTile(columns, rows) {
    if (this.#start === this.#end) return false;
    const kind = this.#bytes[this.#start];
    const isRuns = kind >= 128;
    const paletteSize = kind & 127;
    if (isRuns ? paletteSize === 1 : paletteSize > 16) throw new Error(`ZRLE has no tile of kind ${kind}.`);
    const at = this.#readPixels(this.#start + 1, paletteSize, this.#palette);
    if (at === null) return false;
    let end;
    if (isRuns) end = this.#readRuns(at, columns * rows, paletteSize);
    else if (paletteSize === 0) end = this.#readPixels(at, columns * rows, this.#tile);
    else if (paletteSize === 1) end = this.#fill(at, columns * rows);
    else end = this.#readPacked(at, columns, rows, paletteSize);
    if (end === null) return false;
    this.#start = end;
    return true;
  }

  // These read from a place on and return where they ended, or null if something is missing.

  #readPixels(from, count, into) {
    const { compressedSize, readCompressed } = this.#format;
    const end = from + count * compressedSize;
    if (end > this.#end) return null;
    const bytes = this.#bytes;
    for (let number = 0, at = from; number < count; number += 1, at += compressedSize) {
      into[number] = readCompressed(bytes, at);
    }
    return end;
  }

  #fill(from, count) {
    this.#tile.fill(this.#palette[0], 0, count);
    return from;
  }

  #readPacked(from, columns, rows, paletteSize) {
    const bitsEach = paletteSize === 2 ? 1 : paletteSize <= 4 ? 2 : 4;
    const rowBytes = Math.ceil(columns * bitsEach / 8);
    const end = from + rowBytes * rows;
    if (end > this.#end) return null;
    const mask = (1 << bitsEach) - 1;
    for (let row = 0, number = 0; row < rows; row += 1) {
      for (let bit = 0; bit < columns * bitsEach; bit += bitsEach, number += 1) {
        const byte = this.#bytes[from + row * rowBytes + (bit >> 3)];
        this.#tile[number] = this.#palette[byte >> 8 - bitsEach - (bit & 7) & mask];
      }
    }
    return end;
  }

  #readRuns(from, count, paletteSize) {
    const { compressedSize, readCompressed } = this.#format;
    const bytes = this.#bytes;
    const end = this.#end;
    let at = from;
    let filled = 0;
    while (filled < count) {
      let pixel;
      let isRun = true;
      if (paletteSize === 0) {
        if (at + compressedSize > end) return null;
        pixel = readCompressed(bytes, at);
        at += compressedSize;
      } else {
        if (at >= end) return null;
        pixel = this.#palette[bytes[at] & 127];
        isRun = bytes[at] >= 128;
        at += 1;
      }
      let length = 1;
      for (let isLast = !isRun; !isLast; at += 1) {
        if (at >= end) return null;
        length += bytes[at];
        isLast = bytes[at] !== 255;
      }
      this.#tile.fill(pixel, filled, filled + length);
      filled += length;
    }
    return at;
  }
}
