// A server's pixels as canvas pixels (RFC 6143, section 7.4): any true-colour format of 8, 16 or 32 bits a pixel.
// A canvas pixel is 0xAABBGGRR, whose bytes in memory are red, green, blue and opacity.

const OPAQUE = 0xff000000;

export class PixelFormat {
  #colour;
  #isLittleEndian;

  /** 32 bits, little-endian, red lowest: what is asked for where a server has a colour map. */
  static OWN = new Uint8Array([32, 24, 0, 1, 0, 255, 0, 255, 0, 255, 0, 8, 16, 0, 0, 0]);

  /** `bytes` are the 16 of a PIXEL_FORMAT. */
  constructor(bytes) {
    const [bits, depth, isBigEndian, isTrueColour] = bytes;
    const maxima = [4, 6, 8].map((at) => bytes[at] << 8 | bytes[at + 1]);
    const shifts = [10, 11, 12].map((at) => bytes[at]);
    this.isUsable = isTrueColour !== 0 && [8, 16, 32].includes(bits);
    /** How many bytes a pixel has. */
    this.size = bits / 8;
    const unused = bits === 32 && depth <= 24 ? unusedByte(maxima, shifts) : null;
    /** How many bytes a CPIXEL has (section 7.7.5). */
    this.compressedSize = unused === null ? this.size : 3;
    const colour = colourOf(bits, maxima, shifts);
    this.#colour = colour;
    this.#isLittleEndian = !isBigEndian;
    /** `read(bytes, at)` is the canvas pixel of the pixel there, `readCompressed(bytes, at)` of the CPIXEL there. */
    this.read = reader(this.size, isBigEndian, 0, colour);
    this.readCompressed = reader(this.compressedSize, isBigEndian, unused === "lowest" ? 8 : 0, colour);
  }

  /** `count` pixels, which are all of an array, as canvas pixels. */
  decode(bytes, count) {
    // The usual case in a quick way: browsers run on little-endian processors.
    if (this.size === 4 && this.#isLittleEndian) return new Uint32Array(bytes.buffer, 0, count).map(this.#colour);
    const pixels = new Uint32Array(count);
    const { read, size } = this;
    for (let number = 0, at = 0; number < count; number += 1, at += size) pixels[number] = read(bytes, at);
    return pixels;
  }
}

/** Which byte of 32 bits has no colour, so that a CPIXEL goes without it. */
function unusedByte(maxima, shifts) {
  const used = maxima.reduce((bits, maximum, number) => bits + maximum * 2 ** shifts[number], 0);
  if (used < 2 ** 24) return "highest";
  return used % 256 === 0 ? "lowest" : null;
}

/** A function from a pixel's value to a canvas pixel. */
function colourOf(bits, maxima, shifts) {
  const [red, green, blue] = shifts;
  if (maxima.every((maximum) => maximum === 255)) {
    return (value) => OPAQUE | (value >>> blue & 255) << 16 | (value >>> green & 255) << 8 | value >>> red & 255;
  }
  const part = (value, number) => Math.round((value >>> shifts[number] & maxima[number]) * 255 / maxima[number]);
  const compute = (value) => OPAQUE | part(value, 2) << 16 | part(value, 1) << 8 | part(value, 0);
  if (bits > 16) return compute;
  const table = Uint32Array.from({ length: 2 ** bits }, (_, value) => compute(value));
  return (value) => table[value];
}

/** A function from bytes and a place in them to the canvas pixel there. */
function reader(size, isBigEndian, lift, colour) {
  switch (size) {
    case 1: return (bytes, at) => colour(bytes[at]);
    case 2:
      if (isBigEndian) return (bytes, at) => colour(bytes[at] << 8 | bytes[at + 1]);
      return (bytes, at) => colour(bytes[at + 1] << 8 | bytes[at]);
    case 3:
      if (isBigEndian) return (bytes, at) => colour((bytes[at] << 16 | bytes[at + 1] << 8 | bytes[at + 2]) << lift);
      return (bytes, at) => colour((bytes[at + 2] << 16 | bytes[at + 1] << 8 | bytes[at]) << lift);
    default:
      if (isBigEndian) {
        return (bytes, at) => colour(bytes[at] << 24 | bytes[at + 1] << 16 | bytes[at + 2] << 8 | bytes[at + 3]);
      }
      return (bytes, at) => colour(bytes[at + 3] << 24 | bytes[at + 2] << 16 | bytes[at + 1] << 8 | bytes[at]);
  }
}
