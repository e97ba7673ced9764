// A stream of bytes that can be read in any portions; reading waits for bytes that have not arrived.

export class ByteQueue {
  #chunks = [];
  #length = 0;
  #offset = 0; // how much of the first chunk was read
  #wake = null;
  #end = null;

  /** Add the next bytes. */
  push(bytes) {
    if (bytes.length > 0) {
      this.#chunks.push(bytes);
      this.#length += bytes.length;
      this.#wake?.();
    }
  }

  /** No more bytes will arrive: pending and later reads fail with this error. */
  end(error) {
    this.#end ??= error;
    this.#wake?.();
  }

  /** The next `count` bytes, once they have arrived. */
  async read(count) {
    while (this.#length < count) {
      if (this.#end) throw this.#end;
      await new Promise((resolve) => { this.#wake = resolve; });
    }
    return this.#take(count);
  }

  async readU8() { return (await this.read(1))[0]; }

  async readU16() { return view(await this.read(2)).getUint16(0); }

  async readU32() { return view(await this.read(4)).getUint32(0); }

  /** A length and a text of that many bytes. */
  async readText(limit) {
    const length = await this.readU32();
    if (length > limit) throw new Error(`The server announced a text of ${length} bytes, which is too long.`);
    return new TextDecoder().decode(await this.read(length));
  }

  #take(count) {
    const taken = new Uint8Array(count);
    let filled = 0;
    while (filled < count) {
      const first = this.#chunks[0];
      const piece = first.subarray(this.#offset, this.#offset + count - filled);
      taken.set(piece, filled);
      filled += piece.length;
      this.#offset += piece.length;
      if (this.#offset === first.length) {
        this.#chunks.shift();
        this.#offset = 0;
      }
    }
    this.#length -= count;
    return taken;
  }
}

export function view(bytes) {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
