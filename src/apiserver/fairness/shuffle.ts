// Shuffle sharding: each flow is dealt a few of a priority level's queues, by its hash. Two flows rarely share all of theirs, so
// one that fills its queues leaves another at least one that is empty.
import { createHash } from 'node:crypto';

/** Indexes of different queues. */
export type Hand = readonly number[];

/** 64 bits that are spread evenly, and the same on every server. */
export function flowHash(schema: string, distinguisher: string): bigint {
  return createHash('sha256').update(`${schema}\0${distinguisher}`).digest().readBigUInt64LE();
}

/** `handSize` different queues of `queues`, which is at least as many; each hand is equally likely. */
export function deal(hash: bigint, queues: number, handSize: number): Hand {
  const hand: number[] = [];
  let rest = hash;
  for (let dealt = 0; dealt < handSize; dealt++) {
    const left = BigInt(queues - dealt);
    let card = Number(rest % left);
    rest /= left;
    // The card is the nth of those that are left: each one below it that is gone moves it up.
    for (const gone of [...hand].sort((a, b) => a - b)) if (card >= gone) card++;
    hand.push(card);
  }
  return hand;
}
