// Amounts of resources by name, in exact quantities: what pods request, what quotas allow. Immutable; absent is not zero.
import {
  addQuantities,
  compareQuantities,
  formatQuantity,
  type Quantity,
  quantityOf,
  subtractQuantities,
} from './quantity.ts';

export type Amounts = ReadonlyMap<string, Quantity>;
type Texts = Readonly<Record<string, string>>;

export const NO_AMOUNTS: Amounts = new Map();
const ZERO = quantityOf('0');
export const ONE_OBJECT = quantityOf('1');

/** From the wire, of validated objects. Throws RangeError. */
export function amountsOf(texts: Texts | undefined): Amounts {
  return new Map(Object.entries(texts ?? {}).map(([name, text]) => [name, quantityOf(text)]));
}

export function textsOf(amounts: Amounts): Record<string, string> {
  return Object.fromEntries([...amounts].map(([name, quantity]) => [name, formatQuantity(quantity)]));
}

export function addAmounts(a: Amounts, b: Amounts): Amounts {
  const sum = new Map(a);
  for (const [name, quantity] of b) {
    const before = sum.get(name);
    sum.set(name, before === undefined ? quantity : addQuantities(before, quantity));
  }
  return sum;
}

/** The greater of both for each name. */
export function largerAmounts(a: Amounts, b: Amounts): Amounts {
  const result = new Map(a);
  for (const [name, quantity] of b) {
    const before = result.get(name);
    if (before === undefined || compareQuantities(quantity, before) > 0) result.set(name, quantity);
  }
  return result;
}

/** By how much `a` is more than `b`; nothing of what it is not. */
export function growth(a: Amounts, b: Amounts): Amounts {
  const result = new Map<string, Quantity>();
  for (const [name, quantity] of a) {
    const more = subtractQuantities(quantity, b.get(name) ?? ZERO);
    if (more.nanos > 0n) result.set(name, more);
  }
  return result;
}

export function only(amounts: Amounts, wanted: (name: string, quantity: Quantity) => boolean): Amounts {
  return new Map([...amounts].filter(([name, quantity]) => wanted(name, quantity)));
}

/** By value: `1000m` is `1`. */
export function equalAmounts(a: Amounts, b: Amounts): boolean {
  return a.size === b.size && [...a].every(([name, quantity]) => b.get(name)?.nanos === quantity.nanos);
}

/** Zero of each name. */
export function zeroAmounts(names: Iterable<string>): Amounts {
  return new Map([...names].map((name) => [name, ZERO]));
}
