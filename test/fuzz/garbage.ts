// Garbage by a seed: bytes, texts, trees and patches made from the pieces of good ones, and the tally of what became of
// them. QUORATE_FUZZ_FACTOR multiplies the number of inputs (1: what CI runs), QUORATE_FUZZ_SEED shifts every seed.
import { ApiError, type Json } from '../../src/api/index.ts';
import type { Prng } from '../../src/lib/index.ts';

const FACTOR = Number(process.env['QUORATE_FUZZ_FACTOR'] ?? 1);
export const SEED = Number(process.env['QUORATE_FUZZ_SEED'] ?? 0);

export function inputs(count: number): number {
  return Math.ceil(count * FACTOR);
}

/** What became of a suite's inputs, and the most work that one of them caused for each unit of its own size. */
export class Tally {
  readonly #refused = new Map<string, number>();
  #accepted = 0;
  #most = 0;
  #mostOf = '';

  accepted(): void {
    this.#accepted++;
  }

  refused(code: string | number): void {
    this.#refused.set(String(code), (this.#refused.get(String(code)) ?? 0) + 1);
  }

  /** `units` of work for an input of `size`. */
  work(units: number, size: number, what: string): void {
    const ratio = units / Math.max(size, 64);
    if (ratio <= this.#most) return;
    this.#most = ratio;
    this.#mostOf = what.slice(0, 120);
  }

  get most(): number {
    return this.#most;
  }

  get mostOf(): string {
    return this.#mostOf;
  }

  get counts(): { readonly accepted: number; readonly refused: number } {
    let refused = 0;
    for (const count of this.#refused.values()) refused += count;
    return { accepted: this.#accepted, refused };
  }

  /** Runs one input: answers its value, or undefined when it is refused with an ApiError below 500. Others are thrown on. */
  attempt<T>(run: () => T): T | undefined {
    try {
      const value = run();
      this.#accepted++;
      return value;
    } catch (error) {
      if (!(error instanceof ApiError) || error.status.code >= 500) throw error;
      this.refused(error.status.code);
      return undefined;
    }
  }

  /** One line for the log of the run. */
  report(suite: string, unit: string): void {
    const { accepted, refused } = this.counts;
    const codes = [...this.#refused].sort().map(([code, count]) => `${count} × ${code}`);
    console.log(
      `fuzz ${suite}: ${accepted + refused} inputs, ${accepted} accepted, ${refused} refused (${codes.join(', ') || 'none'}); most work of one: ${this.#most.toFixed(2)} ${unit}`,
    );
  }
}

const BITS: readonly string[] = [
  ...[
    '{',
    '}',
    '[',
    ']',
    '"',
    ':',
    ',',
    '\\',
    '\n',
    ' ',
    '- ',
    '? ',
    '&a ',
    '*a',
    '<<: *a',
    '!!str ',
    '|',
    '>',
    '#',
    '%',
  ],
  ...['---\n', '...\n', '\t', '\0', '\ud800', '\u{1f600}', 'null', 'true', '0', '-1', '1e999', '9'.repeat(30), '0x1F'],
  ...[
    '__proto__',
    'constructor',
    'prototype',
    'toString',
    '$patch',
    '$retainKeys',
    '$setElementOrder/a',
    '/',
    '~0',
    '~1',
  ],
  ...[
    'in',
    'notin',
    '(',
    ')',
    '=',
    '==',
    '!=',
    '!',
    '<',
    '>',
    'a',
    'b',
    'x'.repeat(70),
    'metadata.name',
    '..',
    '%2e',
    '%',
  ],
  ...[
    'Ki',
    'm',
    'E',
    '.',
    '+',
    '@every ',
    '*/5',
    '1-5',
    'TZ=',
    '1h',
    '::',
    '10.0.0.1',
    '/24',
    'application/json',
    ';q=0.1',
  ],
  ...[';as=Table', ';v=v1', ';g=meta.k8s.io', '*/*', '-----BEGIN ', '-----END ', '-----', 'CERTIFICATE REQUEST'],
];

export function text(random: Prng, bits: readonly string[] = BITS): string {
  return Array.from({ length: random.int(12) }, () => random.pick(random.chance(0.7) ? bits : BITS)).join('');
}

/** A few bytes changed, cut, doubled or put in. */
export function mutated(random: Prng, bytes: Uint8Array): Buffer {
  let result = Buffer.from(bytes);
  for (let count = 1 + random.int(4); count > 0; count--) {
    const at = random.int(result.length + 1);
    const end = Math.min(result.length, at + 1 + random.int(16));
    const [before, part, after] = [result.subarray(0, at), result.subarray(at, end), result.subarray(end)];
    switch (random.int(5)) {
      case 0:
        result = Buffer.concat([before, Buffer.from([random.int(256)]), after]);
        break;
      case 1:
        result = Buffer.concat([before, after]);
        break;
      case 2:
        result = Buffer.concat([before, part, part, part, after]);
        break;
      case 3:
        result = Buffer.concat([before, Buffer.from(random.pick(BITS)), part, after]);
        break;
      default:
        result = Buffer.from(before);
    }
  }
  return result;
}

const KEYS: readonly string[] = [
  ...[
    'metadata',
    'spec',
    'name',
    'labels',
    'finalizers',
    'containers',
    'image',
    'env',
    'ports',
    'containerPort',
    'data',
  ],
  ...[
    'volumes',
    'template',
    'a',
    'b',
    '',
    '__proto__',
    'constructor',
    '$patch',
    '$retainKeys',
    '$setElementOrder/containers',
  ],
  ...['$deleteFromPrimitiveList/finalizers', '$setElementOrder/finalizers', '$deleteFromPrimitiveList/__proto__'],
];
const LEAVES: readonly Json[] = [null, 0, -1, 1.5, true, '', 'a', 'c', 'delete', 'replace', 'merge', 'x'.repeat(50)];

export function tree(random: Prng, depth: number): Json {
  if (depth === 0 || random.chance(0.3)) return random.pick(LEAVES);
  if (random.chance(0.3)) return Array.from({ length: random.int(4) }, () => tree(random, depth - 1));
  // From text, as a body comes: `__proto__` is a key like any other.
  const members = Array.from(
    { length: random.int(5) },
    () => `${JSON.stringify(random.pick(KEYS))}:${JSON.stringify(tree(random, depth - 1))}`,
  );
  return JSON.parse(`{${members.join(',')}}`) as Json;
}

export function pointer(random: Prng): string {
  return Array.from(
    { length: random.int(5) },
    () => `/${random.pick([...KEYS, '0', '1', '-', '01', '~1', '~0~', 'é'])}`,
  ).join('');
}

export function jsonPatch(random: Prng): Json {
  return Array.from({ length: random.int(8) }, () => ({
    op: random.pick(['add', 'add', 'remove', 'replace', 'move', 'copy', 'copy', 'test', 'zap']),
    path: pointer(random),
    ...(random.chance(0.6) ? { from: pointer(random) } : {}),
    ...(random.chance(0.8) ? { value: tree(random, 3) } : {}),
  }));
}

/** How many reads of members a function makes of the trees that it is given: its work, the same on every machine. */
export class ReadCounter {
  reads = 0;

  watch<T>(value: T): T {
    if (typeof value !== 'object' || value === null) return value;
    return new Proxy(value, {
      get: (target, key) => {
        this.reads++;
        return this.watch(Reflect.get(target, key));
      },
    });
  }
}

/** CPU of this process in milliseconds. */
export function cpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}
