// The two places that a state database has for a state, so that a snapshot can be received beside the state it replaces:
//
//   m, s…, v…          the first slot (layout.ts)
//   bm, bs…, bv…       the second slot
//   a                  which of them is the state, and the snapshot it came from while the log may not have followed
//
// One record decides, so the change from one to the other is one atomic batch, on any adapter: a crash leaves the old
// state or the new one. (Renaming folders would need an order of its own for crashes, and closing a database in use.)
import {
  type LogIndex,
  type NodeId,
  readMembership,
  type SnapshotPosition,
  type Term,
} from '../../../raft/core/index.ts';
import { SLOT_CLEAR_KEYS } from '../limits.ts';
import type { KeyValue, KeyValueOperation } from './key-value.ts';
import { META_KEY, SLOT_KEY, SLOT_KEY_END, STATE_END, seal, unseal } from './layout.ts';

const PREFIXES = ['', 'b'] as const;

export class StateSlots {
  readonly #keyValue: KeyValue;
  readonly #views: readonly [KeyValue, KeyValue];
  #active: 0 | 1 = 0;
  #installed: SnapshotPosition | undefined;
  #clearing: Promise<void> = Promise.resolve();
  #choosing: Promise<void> = Promise.resolve();

  constructor(keyValue: KeyValue) {
    this.#keyValue = keyValue;
    this.#views = [slotView(keyValue, PREFIXES[0]), slotView(keyValue, PREFIXES[1])];
  }

  /** Reads which slot is in use. Throws StateDamageError. */
  async open(): Promise<void> {
    for await (const { value } of this.#keyValue.iterate(SLOT_KEY, SLOT_KEY_END)) {
      const [active, installed] = unseal(value, 'the choice of its slot') as [0 | 1, PackedPosition | null];
      this.#active = active;
      this.#installed = installed === null ? undefined : unpackPosition(installed);
    }
  }

  /** The state. */
  get active(): KeyValue {
    return this.#views[this.#active];
  }

  /** Where a snapshot is received. */
  get idle(): KeyValue {
    return this.#views[this.#active === 0 ? 1 : 0];
  }

  /** The snapshot that the state came from, until followed(). */
  get installed(): SnapshotPosition | undefined {
    return this.#installed;
  }

  /** What was received becomes the state, durably and at once. */
  exchange(installed: SnapshotPosition): Promise<void> {
    return this.#inTurn(() => this.#choose(this.#active === 0 ? 1 : 0, installed));
  }

  /** The log has followed the snapshot up to `index`; the state may come from a later one by now. */
  followed(index: LogIndex): Promise<void> {
    return this.#inTurn(async () => {
      if (this.#installed !== undefined && this.#installed.index <= index) await this.#choose(this.#active, undefined);
    });
  }

  /** Each change of the choice rests on what the one before it left, on the disk too. */
  #inTurn(change: () => Promise<void>): Promise<void> {
    this.#choosing = this.#choosing.then(change, change);
    return this.#choosing;
  }

  /** Removes what the idle slot holds, in bounded batches. Calls follow each other. */
  clearIdle(): Promise<void> {
    const { idle } = this;
    this.#clearing = this.#clearing.then(
      () => clear(idle),
      () => clear(idle),
    );
    return this.#clearing;
  }

  async #choose(active: 0 | 1, installed: SnapshotPosition | undefined): Promise<void> {
    const value = seal([active, installed === undefined ? null : packPosition(installed)]);
    await this.#keyValue.batch([{ kind: 'put', key: SLOT_KEY, value }]);
    this.#active = active;
    this.#installed = installed;
  }
}

async function clear(slot: KeyValue): Promise<void> {
  let operations: KeyValueOperation[] = [];
  for await (const { key } of slot.iterate(META_KEY, STATE_END)) {
    operations.push({ kind: 'delete', key });
    if (operations.length < SLOT_CLEAR_KEYS) continue;
    await slot.batch(operations);
    operations = [];
  }
  if (operations.length > 0) await slot.batch(operations);
}

/** A part of a database under a prefix, as a database of its own. */
function slotView(keyValue: KeyValue, prefix: string): KeyValue {
  if (prefix === '') return keyValue;
  const bytes = Buffer.from(prefix);
  const inside = (key: Uint8Array): Uint8Array => Buffer.concat([bytes, key]);
  return {
    batch: (operations) =>
      keyValue.batch(operations.map((operation) => ({ ...operation, key: inside(operation.key) }))),
    async *iterate(from, to) {
      for await (const { key, value } of keyValue.iterate(inside(from), inside(to)))
        yield { key: key.subarray(bytes.length), value };
    },
    close: () => keyValue.close(),
  };
}

/**
 * [index, term, leader's term, voters, learners, the whole membership]. The last is absent in what earlier versions wrote,
 * which knew founding members only.
 */
export type PackedPosition = readonly [number, number, number, readonly string[], readonly string[], unknown?];

export function packPosition(position: SnapshotPosition): PackedPosition {
  const { index, term, leaderTerm, membership } = position;
  return [index, term, leaderTerm, membership.voters, membership.learners, membership];
}

export function unpackPosition(packed: PackedPosition): SnapshotPosition {
  const [index, term, leaderTerm, voters, learners, whole] = packed;
  const founding = { voters: voters as readonly NodeId[], learners: learners as readonly NodeId[] };
  return {
    index: index as LogIndex,
    term: term as Term,
    leaderTerm: leaderTerm as Term,
    membership: readMembership(whole) ?? founding,
  };
}
