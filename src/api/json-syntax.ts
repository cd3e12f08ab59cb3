// What is wrong with a text that is no JSON, in the words of Go's encoding/json, which Kubernetes repeats and its users know: a
// second reading, of texts that could not be parsed alone.

const END = 'unexpected end of JSON input';

/** The bytes that JSON is made of. */
const BLANK = 0x20;
const QUOTE = 0x22;
const PLUS = 0x2b;
const COMMA = 0x2c;
const MINUS = 0x2d;
const POINT = 0x2e;
const ZERO = 0x30;
const COLON = 0x3a;
const OPEN_LIST = 0x5b;
const BACKSLASH = 0x5c;
const CLOSE_LIST = 0x5d;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;
const EXPONENT = bytesOf('eE');
const ESCAPABLE = bytesOf('bfnrt\\/"u');
const UNICODE = 0x75;
const HEX = bytesOf('0123456789abcdefABCDEF');
const LITERALS = ['true', 'false', 'null'];

/** Undefined where nothing is wrong. Texts that nest too deep were refused before. */
export function jsonSyntaxError(bytes: Uint8Array): string | undefined {
  try {
    new Scanner(bytes).whole();
    return undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return error.message;
    throw error;
  }
}

/** Works on bytes: a body may have millions of them, and nobody is served meanwhile. */
class Scanner {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  whole(): void {
    this.#value();
    if (this.#skip() !== undefined) this.#fail('after top-level value');
  }

  /** The next byte behind spaces, which stays the next one. */
  #skip(): number | undefined {
    for (; this.#at < this.#bytes.length; this.#at++) {
      const byte = this.#here();
      if (byte > BLANK || !isSpace(byte)) return byte;
    }
    return undefined;
  }

  /** The next byte; a blank behind the end, which is how Go finds that there is nothing more. */
  #here(): number {
    return this.#bytes[this.#at] ?? BLANK;
  }

  #value(): void {
    const first = this.#skip();
    if (first === undefined) throw new SyntaxError(END);
    if (first === OPEN_OBJECT) this.#members(CLOSE_OBJECT);
    else if (first === OPEN_LIST) this.#members(CLOSE_LIST);
    else if (first === QUOTE) this.#text();
    else if (first === MINUS || isDigit(first)) this.#number();
    else this.#literal(LITERALS.find((word) => word.charCodeAt(0) === first));
  }

  #members(closing: typeof CLOSE_OBJECT | typeof CLOSE_LIST): void {
    this.#at++;
    if (this.#skip() === closing) {
      this.#at++;
      return;
    }
    for (;;) {
      if (closing === CLOSE_OBJECT) this.#member();
      else this.#value();
      const next = this.#skip();
      if (next === undefined) throw new SyntaxError(END);
      if (next !== COMMA && next !== closing)
        this.#fail(closing === CLOSE_OBJECT ? 'after object key:value pair' : 'after array element');
      this.#at++;
      if (next === closing) return;
    }
  }

  #member(): void {
    const first = this.#skip();
    if (first === undefined) throw new SyntaxError(END);
    if (first !== QUOTE) this.#fail('looking for beginning of object key string');
    this.#text();
    const colon = this.#skip();
    if (colon === undefined) throw new SyntaxError(END);
    if (colon !== COLON) this.#fail('after object key');
    this.#at++;
    this.#value();
  }

  #text(): void {
    for (this.#at++; ; this.#at++) {
      if (this.#at >= this.#bytes.length) throw new SyntaxError(END);
      const byte = this.#here();
      if (byte === QUOTE) break;
      if (byte < BLANK) this.#fail('in string literal');
      if (byte === BACKSLASH) this.#escape();
    }
    this.#at++;
  }

  #escape(): void {
    this.#at++;
    if (!ESCAPABLE.has(this.#here())) this.#fail('in string escape code');
    if (this.#here() !== UNICODE) return;
    for (let digits = 0; digits < 4; digits++) {
      this.#at++;
      if (!HEX.has(this.#here())) this.#fail('in \\u hexadecimal character escape');
    }
  }

  #number(): void {
    if (this.#here() === MINUS) this.#at++;
    if (!isDigit(this.#here())) this.#fail('in numeric literal');
    if (this.#here() === ZERO) this.#at++;
    else this.#digits('');
    if (this.#here() === POINT) {
      this.#at++;
      this.#digits('after decimal point in numeric literal');
    }
    if (!EXPONENT.has(this.#here())) return;
    this.#at++;
    if (this.#here() === PLUS || this.#here() === MINUS) this.#at++;
    this.#digits('in exponent of numeric literal');
  }

  #digits(context: string): void {
    if (!isDigit(this.#here())) this.#fail(context);
    while (isDigit(this.#here())) this.#at++;
  }

  #literal(word: string | undefined): void {
    if (word === undefined) this.#fail('looking for beginning of value');
    for (const expected of word) {
      if (this.#here() !== expected.charCodeAt(0)) this.#fail(`in literal ${word} (expecting '${expected}')`);
      this.#at++;
    }
  }

  #fail(context: string): never {
    throw new SyntaxError(`invalid character ${quoted(String.fromCharCode(this.#here()))} ${context}`);
  }
}

function bytesOf(characters: string): ReadonlySet<number> {
  return new Set(Buffer.from(characters));
}

function isSpace(byte: number): boolean {
  return byte === BLANK || (byte >= 0x09 && byte <= 0x0d && byte !== 0x0b && byte !== 0x0c);
}

function isDigit(byte: number): boolean {
  return byte >= ZERO && byte <= 0x39;
}

const ESCAPES: Readonly<Record<string, string>> = {
  "'": "\\'",
  '\\': '\\\\',
  '\u0007': '\\a',
  '\b': '\\b',
  '\f': '\\f',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '\v': '\\v',
};

/** A byte as Go quotes it, as if each were a character. */
function quoted(character: string): string {
  const code = character.charCodeAt(0);
  const hex = code.toString(16).padStart(2, '0');
  const isShown = (code >= 0x20 && code < 0x7f) || (code > 0xa0 && code !== 0xad);
  const shown = isShown ? character : code < 0x80 ? `\\x${hex}` : `\\u00${hex}`;
  return `'${ESCAPES[character] ?? shown}'`;
}
