// Quantities: canonical forms as Kubernetes writes them, and exactness against rational arithmetic.
import './seed.ts';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  addQuantities,
  compareQuantities,
  formatQuantity,
  milliValue,
  parseQuantity,
  quantityOf,
  scaledValue,
  subtractQuantities,
  wholeValue,
} from '../../src/api/index.ts';

describe('canonical forms', () => {
  test.each([
    ['0', '0'],
    ['1000m', '1'],
    ['1500m', '1500m'],
    ['0.5', '500m'],
    ['.5', '500m'],
    ['5.', '5'],
    ['1024Mi', '1Gi'],
    ['1.5Gi', '1536Mi'],
    ['1000Ki', '1000Ki'],
    ['512', '512'],
    ['1000', '1k'],
    ['100k', '100k'],
    ['1000k', '1M'],
    ['1e3', '1e3'],
    ['1E3', '1e3'],
    ['12e2', '1200'],
    ['1E', '1E'],
    ['0.1n', '1n'],
    ['-1500m', '-1500m'],
    ['+3', '3'],
    ['0.5Ki', '512'],
    ['0.1Mi', '104857600m'],
    ['1u', '1u'],
    ['99999999999E', '9223372036854775807'],
  ])('%s is written %s', (text, canonical) => {
    expect(formatQuantity(quantityOf(text))).toBe(canonical);
  });

  test.each(['', 'a', '1 ', '1Kib', '1KI', '1.2.3', '--1', 'm', '1e', '1e1.5', '0x10', `1${'0'.repeat(80)}`])(
    '%j is refused',
    (text) => {
      expect(parseQuantity(text)).toBeUndefined();
    },
  );
});

const SUFFIXES: Readonly<Record<string, readonly [bigint, bigint]>> = {
  n: [1n, 10n ** 9n],
  u: [1n, 10n ** 6n],
  m: [1n, 1000n],
  '': [1n, 1n],
  k: [1000n, 1n],
  M: [10n ** 6n, 1n],
  G: [10n ** 9n, 1n],
  Ki: [1024n, 1n],
  Mi: [1024n ** 2n, 1n],
  Gi: [1024n ** 3n, 1n],
  e3: [1000n, 1n],
  'e-3': [1n, 1000n],
};
const anyText = fc
  .tuple(fc.constantFrom('', '-'), fc.nat(999_999), fc.option(fc.nat(999)), fc.constantFrom(...Object.keys(SUFFIXES)))
  .map(([sign, whole, fraction, suffix]) => ({
    sign,
    whole,
    fraction,
    suffix,
    text: `${sign}${whole}${fraction === null ? '' : `.${fraction}`}${suffix}`,
  }));

describe('exactness', () => {
  test('a parsed value is the rational number that its text denotes, rounded up to a nano', () => {
    fc.assert(
      fc.property(anyText, ({ sign, whole, fraction, suffix, text }) => {
        const [up, down] = SUFFIXES[suffix] ?? [1n, 1n];
        const digits = fraction === null ? '' : String(fraction);
        const denominator = 10n ** BigInt(digits.length) * down;
        const numerator = BigInt(`${whole}${digits}`) * up * 10n ** 9n;
        const magnitude = (numerator + denominator - 1n) / denominator;
        expect(quantityOf(text).nanos).toBe(sign === '-' ? -magnitude : magnitude);
      }),
      { numRuns: 2000 },
    );
  });

  test('the canonical text means the same and is its own canonical text', () => {
    fc.assert(
      fc.property(anyText, ({ text }) => {
        const quantity = quantityOf(text);
        const canonical = formatQuantity(quantity);
        expect(quantityOf(canonical).nanos).toBe(quantity.nanos);
        expect(formatQuantity(quantityOf(canonical))).toBe(canonical);
      }),
      { numRuns: 2000 },
    );
  });

  test('addition and subtraction undo each other, and comparison agrees with subtraction', () => {
    fc.assert(
      fc.property(anyText, anyText, (left, right) => {
        const [a, b] = [quantityOf(left.text), quantityOf(right.text)];
        expect(subtractQuantities(addQuantities(a, b), b).nanos).toBe(a.nanos);
        expect(compareQuantities(a, b)).toBe(Number(a.nanos > b.nanos) - Number(a.nanos < b.nanos));
      }),
    );
  });

  test('millis and whole values are rounded away from zero', () => {
    expect(milliValue(quantityOf('1.0001'))).toBe(1001);
    expect(milliValue(quantityOf('-1.0001'))).toBe(-1001);
    expect(wholeValue(quantityOf('100m'))).toBe(1);
    expect(wholeValue(quantityOf('1Gi'))).toBe(1_073_741_824);
  });
});

describe('int or percent', () => {
  test.each([
    [3, 10, 'up', 3],
    ['25%', 10, 'up', 3],
    ['25%', 10, 'down', 2],
    ['0%', 10, 'up', 0],
    ['100%', 7, 'down', 7],
  ] as const)('%s of %i rounded %s is %i', (value, total, rounding, expected) => {
    expect(scaledValue(value, total, rounding)).toBe(expected);
  });

  test('a text that is no percentage is refused', () => {
    expect(() => scaledValue('25', 10, 'up')).toThrow(RangeError);
  });
});
