// Resource quantities (`500m`, `1Gi`, `2e3`), exact: a value is a whole number of nanos, as fine as Kubernetes goes.
// Formatting gives the canonical form: the largest suffix that leaves no fraction, in the family the value was written in.

export type QuantityFormat = 'decimal' | 'binary' | 'exponent';

/** Immutable. */
export interface Quantity {
  /** The value times 10⁹. */
  readonly nanos: bigint;
  readonly format: QuantityFormat;
}

const NANO = 1_000_000_000n;
const MAX_NANOS = (2n ** 63n - 1n) * NANO;
/** Longer texts are no quantities: what they mean would be capped anyway. */
const TEXT_LIMIT_CHARACTERS = 64;
const EXPONENT_LIMIT = 40;

const DECIMAL_SUFFIXES: Readonly<Record<string, number>> = {
  n: -9,
  u: -6,
  m: -3,
  '': 0,
  k: 3,
  M: 6,
  G: 9,
  T: 12,
  P: 15,
  E: 18,
};
const BINARY_SUFFIXES: readonly string[] = ['', 'Ki', 'Mi', 'Gi', 'Ti', 'Pi', 'Ei'];
const SUFFIX_OF_EXPONENT = new Map(Object.entries(DECIMAL_SUFFIXES).map(([suffix, exponent]) => [exponent, suffix]));

const FORM = /^([+-]?)(\d*)(?:\.(\d*))?(?:([numkMGTPE]|[KMGTPE]i)|[eE]([+-]?\d{1,9}))?$/;

/** Undefined when `text` is not a quantity. Finer values than a nano are rounded up, larger than 2⁶³−1 capped. */
export function parseQuantity(text: string): Quantity | undefined {
  if (text.length > TEXT_LIMIT_CHARACTERS) return undefined;
  const match = FORM.exec(text);
  if (match === null) return undefined;
  const [, sign, whole = '', fraction = '', suffix = '', exponentText] = match;
  if (whole === '' && fraction === '') return undefined;
  const binary = BINARY_SUFFIXES.indexOf(suffix);
  const format = exponentText !== undefined ? 'exponent' : binary > 0 ? 'binary' : 'decimal';
  const exponent = exponentText === undefined ? (DECIMAL_SUFFIXES[suffix] ?? 0) : Number(exponentText);
  const bounded = Math.max(-EXPONENT_LIMIT - whole.length, Math.min(EXPONENT_LIMIT + fraction.length, exponent));
  const scale = 9 + bounded - fraction.length;
  const digits = BigInt(whole + fraction || '0') * (binary > 0 ? 1024n ** BigInt(binary) : 1n);
  const magnitude = scale >= 0 ? digits * 10n ** BigInt(scale) : divideRoundingUp(digits, 10n ** BigInt(-scale));
  const capped = magnitude > MAX_NANOS ? MAX_NANOS : magnitude;
  return { nanos: sign === '-' ? -capped : capped, format };
}

/** The same, for text that has been validated. Throws RangeError. */
export function quantityOf(text: string): Quantity {
  const quantity = parseQuantity(text);
  if (quantity === undefined) throw new RangeError(`${JSON.stringify(text)} is not a quantity`);
  return quantity;
}

function divideRoundingUp(dividend: bigint, divisor: bigint): bigint {
  return (dividend + divisor - 1n) / divisor;
}

/** The canonical text. */
export function formatQuantity({ nanos, format }: Quantity): string {
  if (nanos === 0n) return '0';
  const sign = nanos < 0n ? '-' : '';
  const magnitude = nanos < 0n ? -nanos : nanos;
  if (format === 'binary' && magnitude >= 1024n * NANO && magnitude % NANO === 0n) {
    let mantissa = magnitude / NANO;
    let power = 0;
    while (mantissa % 1024n === 0n && power < BINARY_SUFFIXES.length - 1) {
      mantissa /= 1024n;
      power++;
    }
    return `${sign}${mantissa}${BINARY_SUFFIXES[power] ?? ''}`;
  }
  let mantissa = magnitude;
  let exponent = -9;
  while (mantissa % 1000n === 0n && exponent < 18) {
    mantissa /= 1000n;
    exponent += 3;
  }
  if (format !== 'exponent') return `${sign}${mantissa}${SUFFIX_OF_EXPONENT.get(exponent) ?? ''}`;
  return `${sign}${mantissa}${exponent === 0 ? '' : `e${exponent}`}`;
}

export function compareQuantities(a: Quantity, b: Quantity): -1 | 0 | 1 {
  return a.nanos === b.nanos ? 0 : a.nanos < b.nanos ? -1 : 1;
}

/** The sum, in the form of `a` (of `b` when `a` is zero). */
export function addQuantities(a: Quantity, b: Quantity): Quantity {
  return { nanos: a.nanos + b.nanos, format: a.nanos === 0n ? b.format : a.format };
}

export function subtractQuantities(a: Quantity, b: Quantity): Quantity {
  return { nanos: a.nanos - b.nanos, format: a.nanos === 0n ? b.format : a.format };
}

/** The value in thousandths, rounded up: CPU in millicores. */
export function milliValue(quantity: Quantity): number {
  return Number(roundUp(quantity.nanos, 1_000_000n));
}

/** The value as a whole number, rounded up: memory in bytes. */
export function wholeValue(quantity: Quantity): number {
  return Number(roundUp(quantity.nanos, NANO));
}

/** True when the value has no fraction. */
export function isWhole(quantity: Quantity): boolean {
  return quantity.nanos % NANO === 0n;
}

function roundUp(value: bigint, unit: bigint): bigint {
  return value >= 0n ? (value + unit - 1n) / unit : -((-value + unit - 1n) / unit);
}
