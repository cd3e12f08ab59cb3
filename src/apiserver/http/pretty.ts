// Indented JSON, for people: who asks for it with `?pretty`, or reads with curl, wget or a browser. Answers are bytes that are ready,
// so they are indented as text, part by part: nothing is parsed, and nobody else pays for it.
import { PRETTY_LEVELS_MAX } from '../limits.ts';
import type { AppContext } from './env.ts';
import type { Representation } from './negotiate.ts';
import type { PartedBody } from './stream.ts';

/** What a person's program calls itself. */
const PEOPLE = ['curl', 'Wget', 'Mozilla/5.0'];
/** As Go reads a boolean. */
const TRUE = new Set(['1', 't', 'T', 'true', 'TRUE', 'True']);

/** Whether an answer in this form is to be indented: it is JSON, and the request asks for it, its Accept header or its client. */
export function isPretty(c: AppContext, { encoding, pretty }: Representation): boolean {
  return encoding === 'json' && (pretty === true || asksPretty(c));
}

/** The same for an answer that is JSON, whatever the Accept header says of it. */
export function asksPretty(c: AppContext): boolean {
  const asked = c.get('query')?.get('pretty') ?? '';
  if (asked !== '') return TRUE.has(asked);
  const agent = c.req.header('user-agent') ?? '';
  return PEOPLE.some((name) => agent.startsWith(name));
}

/** The same JSON as Go's MarshalIndent writes it: two spaces a level, nothing after the end. */
export function indented(json: Uint8Array | string): Buffer {
  const indenter = new Indenter();
  return indenter.write(typeof json === 'string' ? Buffer.from(json) : json);
}

/** How long it becomes is only known in the end. */
export function indentedParts({ parts }: PartedBody): PartedBody {
  const indenter = new Indenter();
  return { parts: map(parts, (part) => indenter.write(part)), lengthBytes: undefined };
}

function* map<T, R>(items: Iterable<T>, change: (item: T) => R): Generator<R> {
  for (const item of items) yield change(item);
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const COLON = 0x3a;
const OPENING = new Set(Buffer.from('{['));
const CLOSING = new Set(Buffer.from('}]'));
const SPACE = new Set(Buffer.from(' \t\r\n'));
const INDENTATIONS = Array.from({ length: PRETTY_LEVELS_MAX + 1 }, (_, depth) =>
  Buffer.from(`\n${'  '.repeat(depth)}`),
);
const BLANK = Buffer.from(' ');

/** Takes JSON in pieces that may end anywhere. What stays as it is is copied run by run. */
class Indenter {
  #out = Buffer.allocUnsafe(0);
  #length = 0;
  #depth = 0;
  #inText = false;
  #escaped = false;
  /** A list or object has begun, and nothing in it yet: it may turn out to be empty. */
  #isEmpty = false;

  write(part: Uint8Array): Buffer {
    this.#out = Buffer.allocUnsafe(part.length * 2);
    this.#length = 0;
    let from = 0;
    for (let at = 0; at < part.length; at++) {
      const byte = part[at] ?? 0;
      if (this.#inText) this.#passText(byte);
      else from = this.#take(part, from, at, byte);
    }
    this.#put(part, from, part.length);
    return this.#out.subarray(0, this.#length);
  }

  #passText(byte: number): void {
    if (this.#escaped) this.#escaped = false;
    else if (byte === BACKSLASH) this.#escaped = true;
    else if (byte === QUOTE) this.#inText = false;
  }

  /** Answers where the run begins that is not written yet. */
  #take(part: Uint8Array, from: number, at: number, byte: number): number {
    if (SPACE.has(byte)) {
      this.#put(part, from, at);
      return at + 1;
    }
    let begin = from;
    const isClosing = CLOSING.has(byte);
    if (isClosing) this.#depth--;
    if (isClosing !== this.#isEmpty) {
      this.#put(part, from, at);
      this.#newLine();
      begin = at;
    }
    this.#isEmpty = OPENING.has(byte);
    if (this.#isEmpty) this.#depth++;
    else if (byte === QUOTE) this.#inText = true;
    else if (byte === COMMA || byte === COLON) {
      this.#put(part, begin, at + 1);
      if (byte === COMMA) this.#newLine();
      else this.#put(BLANK, 0, 1);
      return at + 1;
    }
    return begin;
  }

  #newLine(): void {
    const line = INDENTATIONS[Math.min(this.#depth, PRETTY_LEVELS_MAX)] ?? BLANK;
    this.#put(line, 0, line.length);
  }

  #put(bytes: Uint8Array, from: number, to: number): void {
    const length = this.#length + to - from;
    if (length > this.#out.length) {
      const larger = Buffer.allocUnsafe(Math.max(length, this.#out.length * 2));
      larger.set(this.#out.subarray(0, this.#length));
      this.#out = larger;
    }
    this.#out.set(bytes.subarray(from, to), this.#length);
    this.#length = length;
  }
}
