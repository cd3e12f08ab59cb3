// What is wrong with a text that is no JSON, in the words of Go's encoding/json, which Kubernetes repeats and its users know: a
// second reading, of texts that could not be parsed alone.

const END = 'unexpected end of JSON input';
const BLANK = 0x20;

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
  #skip(): string | undefined {
    for (; this.#at < this.#bytes.length; this.#at++) {
      const character = this.#here();
      if (!' \t\r\n'.includes(character)) return character;
    }
    return undefined;
  }

  /** The next byte; a blank behind the end, which is how Go finds that there is nothing more. */
  #here(): string {
    return String.fromCharCode(this.#bytes[this.#at] ?? BLANK);
  }

  #value(): void {
    const first = this.#skip();
    if (first === undefined) throw new SyntaxError(END);
    if (first === '{') this.#members('}', () => this.#member());
    else if (first === '[') this.#members(']', () => this.#value());
    else if (first === '"') this.#text();
    else if (first === '-' || isDigit(first)) this.#number();
    else {
      const literal = ['true', 'false', 'null'].find((word) => word.startsWith(first));
      if (literal === undefined) this.#fail('looking for beginning of value');
      this.#literal(literal ?? '');
    }
  }

  #members(closing: string, member: () => void): void {
    this.#at++;
    if (this.#skip() === closing) {
      this.#at++;
      return;
    }
    for (;;) {
      member();
      const next = this.#skip();
      if (next === undefined) throw new SyntaxError(END);
      if (next !== ',' && next !== closing)
        this.#fail(closing === '}' ? 'after object key:value pair' : 'after array element');
      this.#at++;
      if (next === closing) return;
    }
  }

  #member(): void {
    const first = this.#skip();
    if (first === undefined) throw new SyntaxError(END);
    if (first !== '"') this.#fail('looking for beginning of object key string');
    this.#text();
    const colon = this.#skip();
    if (colon === undefined) throw new SyntaxError(END);
    if (colon !== ':') this.#fail('after object key');
    this.#at++;
    this.#value();
  }

  #text(): void {
    for (this.#at++; ; this.#at++) {
      if (this.#at >= this.#bytes.length) throw new SyntaxError(END);
      const character = this.#here();
      if (character === '"') break;
      if (character < ' ') this.#fail('in string literal');
      if (character === '\\') this.#escape();
    }
    this.#at++;
  }

  #escape(): void {
    this.#at++;
    if (!'bfnrt\\/"u'.includes(this.#here())) this.#fail('in string escape code');
    if (this.#here() !== 'u') return;
    for (let digits = 0; digits < 4; digits++) {
      this.#at++;
      if (!/[0-9a-fA-F]/.test(this.#here())) this.#fail('in \\u hexadecimal character escape');
    }
  }

  #number(): void {
    if (this.#here() === '-') this.#at++;
    if (!isDigit(this.#here())) this.#fail('in numeric literal');
    if (this.#here() === '0') this.#at++;
    else this.#digits('');
    if (this.#here() === '.') {
      this.#at++;
      this.#digits('after decimal point in numeric literal');
    }
    if (!'eE'.includes(this.#here())) return;
    this.#at++;
    if ('+-'.includes(this.#here())) this.#at++;
    this.#digits('in exponent of numeric literal');
  }

  #digits(context: string): void {
    if (!isDigit(this.#here())) this.#fail(context);
    while (isDigit(this.#here())) this.#at++;
  }

  #literal(word: string): void {
    for (const expected of word) {
      if (this.#here() !== expected) this.#fail(`in literal ${word} (expecting '${expected}')`);
      this.#at++;
    }
  }

  #fail(context: string): never {
    throw new SyntaxError(`invalid character ${quoted(this.#here())} ${context}`);
  }
}

function isDigit(character: string): boolean {
  return character >= '0' && character <= '9';
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
