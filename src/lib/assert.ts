// Invariants. They stay on in production: a broken one is a bug, and going on would turn it into lost data.

/** A broken invariant. Never caught to carry on: the component that sees one stops (house.md, decision 12). */
export class InvariantError extends Error {
  override readonly name = 'InvariantError';
}

/** Throws InvariantError unless `condition` holds. */
export function assert(condition: unknown, message: string): asserts condition {
  if (!condition) throw new InvariantError(message);
}

/** Returns `value` when it is there; throws InvariantError otherwise. For lookups that cannot miss. */
export function defined<T>(value: T | undefined | null, what: string): T {
  if (value === undefined || value === null) throw new InvariantError(`expected ${what} to be there`);
  return value;
}

/** The default branch of an exhaustive switch: the compiler refuses a missed case, production names it. */
export function unreachable(value: never): never {
  throw new InvariantError(`unreachable case: ${JSON.stringify(value)}`);
}
