// Reads a stream of bytes in pieces of the sizes that are asked for, and knows where it is.

export class ByteReader {
  readonly #source: AsyncIterator<Uint8Array>;
  readonly #taken: (bytes: Uint8Array) => void;
  #ahead: Buffer = Buffer.alloc(0);
  #offset = 0;

  /** `taken` sees every byte that is read, in order. */
  constructor(source: AsyncIterable<Uint8Array>, taken: (bytes: Uint8Array) => void = () => {}) {
    this.#source = source[Symbol.asyncIterator]();
    this.#taken = taken;
  }

  /** Bytes read so far. */
  get offset(): number {
    return this.#offset;
  }

  /** The next `length` bytes, in memory of their own; fewer only at the end of the stream. */
  async read(length: number): Promise<Buffer> {
    const parts: Buffer[] = [];
    let missing = length;
    while (missing > 0) {
      if (this.#ahead.length === 0 && !(await this.#fetch())) break;
      const part = this.#ahead.subarray(0, missing);
      this.#ahead = this.#ahead.subarray(part.length);
      parts.push(part);
      missing -= part.length;
    }
    const bytes = Buffer.concat(parts);
    this.#offset += bytes.length;
    this.#taken(bytes);
    return bytes;
  }

  async #fetch(): Promise<boolean> {
    const next = await this.#source.next();
    if (next.done === true) return false;
    this.#ahead = Buffer.from(next.value.buffer, next.value.byteOffset, next.value.byteLength);
    return true;
  }
}
