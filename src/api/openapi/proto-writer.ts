// Writes protobuf messages: varints, strings and nested messages. Empty strings, false and zero are left out, as proto3
// does.

export class ProtoWriter {
  readonly #chunks: Uint8Array[] = [];
  #length = 0;

  string(field: number, value: string): void {
    if (value !== '') this.#delimited(field, Buffer.from(value, 'utf8'));
  }

  bool(field: number, value: boolean): void {
    if (value) this.#push(Uint8Array.of(...varint(field * 8), 1));
  }

  /** A nested message, also when it is empty: its presence may mean something. */
  message(field: number, write: (writer: ProtoWriter) => void): void {
    const inner = new ProtoWriter();
    write(inner);
    this.#delimited(field, inner.finish());
  }

  finish(): Uint8Array {
    return Buffer.concat(this.#chunks, this.#length);
  }

  #delimited(field: number, bytes: Uint8Array): void {
    this.#push(Uint8Array.of(...varint(field * 8 + 2), ...varint(bytes.length)));
    this.#push(bytes);
  }

  #push(bytes: Uint8Array): void {
    this.#chunks.push(bytes);
    this.#length += bytes.length;
  }
}

function varint(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  while (rest >= 0x80) {
    bytes.push((rest % 0x80) | 0x80);
    rest = Math.floor(rest / 0x80);
  }
  return [...bytes, rest];
}
