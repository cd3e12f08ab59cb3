// The wire format of protocol buffers, as far as reading needs it: tags, varints, lengths. Every length is checked against
// what is there, so that no input reads beyond its buffer.

/** Bytes that are no protocol buffer message. */
export class ProtobufError extends Error {
  override readonly name = 'ProtobufError';
}

/** One field as it stands in a message: a number, or bytes. */
export interface WireField {
  readonly number: number;
  readonly value: number | Uint8Array;
}

const VARINT = 0;
const FIXED_64 = 1;
const LENGTH_DELIMITED = 2;
const FIXED_32 = 5;

/** The fields of one message, in their order. Throws ProtobufError. */
export function* readFields(bytes: Uint8Array): Generator<WireField> {
  let at = 0;
  const varint = (): number => {
    let low = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = bytes[at++];
      if (byte === undefined) throw new ProtobufError('unexpected end');
      low |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return Number(BigInt.asIntN(64, low));
    }
    throw new ProtobufError('a varint is too long');
  };
  const take = (length: number): Uint8Array => {
    if (length < 0 || at + length > bytes.length) throw new ProtobufError('unexpected end');
    at += length;
    return bytes.subarray(at - length, at);
  };
  while (at < bytes.length) {
    const tag = varint();
    const number = Math.floor(tag / 8);
    if (number < 1) throw new ProtobufError('illegal field number');
    switch (tag % 8) {
      case VARINT:
        yield { number, value: varint() };
        break;
      case FIXED_64:
        yield { number, value: take(8) };
        break;
      case LENGTH_DELIMITED:
        yield { number, value: take(varint()) };
        break;
      case FIXED_32:
        yield { number, value: take(4) };
        break;
      default:
        throw new ProtobufError(`illegal wire type ${tag % 8}`);
    }
  }
}
