// Go's words for texts that are no JSON (encoding/json scanner.go), and that they are found wherever JavaScript finds one.
import { expect, it } from 'vitest';
import { jsonSyntaxError } from '../../src/api/json-syntax.ts';
import { prng } from '../../src/lib/index.ts';

it.each([
  ['', 'unexpected end of JSON input'],
  [' \n', 'unexpected end of JSON input'],
  ['{"spec":', 'unexpected end of JSON input'],
  ['{', 'unexpected end of JSON input'],
  ['["a', 'unexpected end of JSON input'],
  ['hello', "invalid character 'h' looking for beginning of value"],
  ['[1,]', "invalid character ']' looking for beginning of value"],
  ['{a: 1}', "invalid character 'a' looking for beginning of object key string"],
  ['{"a":1,}', "invalid character '}' looking for beginning of object key string"],
  ['{"a" 1}', "invalid character '1' after object key"],
  ['{"a":1 "b":2}', "invalid character '\"' after object key:value pair"],
  ['[1 2]', "invalid character '2' after array element"],
  ['{} x', "invalid character 'x' after top-level value"],
  ["{'a':1}", "invalid character '\\'' looking for beginning of object key string"],
  ['"a\nb"', "invalid character '\\n' in string literal"],
  ['"\\x"', "invalid character 'x' in string escape code"],
  ['"\\u00g0"', "invalid character 'g' in \\u hexadecimal character escape"],
  ['[01]', "invalid character '1' after array element"],
  ['-', "invalid character ' ' in numeric literal"],
  ['1.', "invalid character ' ' after decimal point in numeric literal"],
  ['[1.x]', "invalid character 'x' after decimal point in numeric literal"],
  ['1e+', "invalid character ' ' in exponent of numeric literal"],
  ['tru', "invalid character ' ' in literal true (expecting 'e')"],
  ['[nil]', "invalid character 'i' in literal null (expecting 'u')"],
  ['\u0000', "invalid character '\\x00' looking for beginning of value"],
  ['é', "invalid character 'Ã' looking for beginning of value"],
])('%j: %s', (text, message) => {
  expect(jsonSyntaxError(Buffer.from(text))).toBe(message);
});

it('finds a mistake exactly where JSON.parse does', () => {
  const random = prng(3);
  const pieces = ['{', '}', '[', ']', ',', ':', '"a"', '"', '1', '-', '0', '.', 'e', 'true', 'nul', ' ', '\\', '"\\n"'];
  for (let time = 0; time < 20_000; time++) {
    const text = Array.from({ length: random.uint32() % 8 }, () => pieces[random.uint32() % pieces.length]).join('');
    let isJson = true;
    try {
      JSON.parse(text);
    } catch {
      isJson = false;
    }
    expect(jsonSyntaxError(Buffer.from(text)) === undefined, text).toBe(isJson);
  }
});
