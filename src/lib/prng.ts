// Seeded randomness (xoshiro128**, Blackman and Vigna 2018). The simulator gives every run one seed; production seeds
// from the system. Nothing in the house may call Math.random.

/** A generator of pseudo-random numbers: the same seed gives the same sequence, on every machine. */
export interface Prng {
  /** A whole number from 0 to 2^32 − 1. */
  uint32(): number;
  /** A whole number from 0 to `bound` − 1; `bound` is at least 1 and at most 2^32. */
  int(bound: number): number;
  /** A number from 0 (included) to 1 (excluded). */
  float(): number;
  /** True with probability `probability`. */
  chance(probability: number): boolean;
  /** One element of a list that is not empty. */
  pick<T>(list: readonly T[]): T;
  /** A generator of its own, seeded from this one, so that two consumers do not disturb each other. */
  fork(): Prng;
}

/** Makes a generator from any 32-bit seed; neighbouring seeds give unrelated sequences. */
export function prng(seed: number): Prng {
  let mix = seed >>> 0;
  const splitmix = (): number => {
    mix = (mix + 0x9e3779b9) >>> 0;
    let z = mix;
    z = Math.imul(z ^ (z >>> 16), 0x85ebca6b);
    z = Math.imul(z ^ (z >>> 13), 0xc2b2ae35);
    return (z ^ (z >>> 16)) >>> 0;
  };
  let a = splitmix();
  let b = splitmix();
  let c = splitmix();
  let d = splitmix();

  const uint32 = (): number => {
    const scaled = Math.imul(b, 5);
    const result = Math.imul((scaled << 7) | (scaled >>> 25), 9) >>> 0;
    const shifted = b << 9;
    c ^= a;
    d ^= b;
    b ^= c;
    a ^= d;
    c ^= shifted;
    d = (d << 11) | (d >>> 21);
    return result;
  };
  const float = (): number => uint32() / 0x1_0000_0000;
  const int = (bound: number): number => Math.floor(float() * bound);

  return {
    uint32,
    int,
    float,
    chance: (probability) => float() < probability,
    pick<T>(list: readonly T[]): T {
      if (list.length === 0) throw new RangeError('pick needs a list that is not empty');
      return list[int(list.length)] as T;
    },
    fork: () => prng(uint32()),
  };
}
