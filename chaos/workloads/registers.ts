// Clients that read, write, swap, create and delete a few registers at random, and clients that fill sets one member at a
// time and list them. Each value is written once in the history, so that whoever sees it knows which write it was.
import { type Clock, type Prng, sleep } from '../../src/lib/index.ts';
import type { Operation } from '../history/operation.ts';
import { REFUSED_PAUSE_MS, SET_MEMBERS } from '../limits.ts';
import type { RecordedClient } from './recorded-client.ts';

export interface LoopOptions {
  /** Asked before each operation: whose it is may change. */
  readonly client: () => RecordedClient;
  /** Part of every value and name; no other client has it. */
  readonly name: string;
  readonly clock: Clock;
  /** Between two operations, on average. */
  readonly pauseMs: number;
  readonly random: Prng;
  readonly signal: AbortSignal;
}

/** Works on `keys` registers until the signal aborts. */
export async function registerLoop(options: LoopOptions, keys: number): Promise<void> {
  const { name, random, signal } = options;
  const revisions = new Map<string, number | undefined>();
  for (let i = 0; !signal.aborted; i += 1) {
    const key = `register-${random.int(keys)}`;
    const operation = await one(options.client(), key, `${name}-${i}`, revisions.get(key), random);
    revisions.set(key, seenRevision(operation));
    await rest(options, operation);
  }
}

/** What is known to be there makes a swap likely to succeed; now and then the unlikely is tried. */
function one(
  client: RecordedClient,
  key: string,
  value: string,
  revision: number | undefined,
  random: Prng,
): Promise<Operation> {
  const choice = random.int(100);
  if (choice < 30) return client.read(key);
  if (choice < 35) return client.remove(key);
  if (revision === undefined) return choice < 80 ? client.create(key, value) : client.write(key, value);
  if (choice < 70) return client.cas(key, value, revision);
  return choice < 95 ? client.write(key, value) : client.create(key, value);
}

function seenRevision({ type, result }: Operation): number | undefined {
  return type === 'list' || type === 'parts' ? undefined : result?.revision;
}

/** Fills one set after the other, and lists each while it grows. */
export async function setLoop(options: LoopOptions): Promise<void> {
  const { name, random, signal } = options;
  for (let number = 0; !signal.aborted; number += 1) {
    const set = `set-${name}-${number}`;
    for (let member = 0; member < SET_MEMBERS && !signal.aborted; member += 1) {
      const key = `${set}-${member}`;
      const client = options.client();
      const operation = random.chance(0.2) ? await client.list(set) : await client.create(key, key, set);
      await rest(options, operation);
    }
  }
}

/** Nobody answers: a little longer, as any client would. */
export function rest({ clock, pauseMs, random, signal }: LoopOptions, { outcome, refusal }: Operation): Promise<void> {
  const nobody = outcome === 'failed' && refusal === 'other';
  return sleep(clock, nobody ? REFUSED_PAUSE_MS : random.int(2 * pauseMs), signal);
}
