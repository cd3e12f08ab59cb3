// Which of its two places a state database reads, when the choice changes while an earlier change is still being written.
import { describe, expect, it } from 'vitest';
import type { LogIndex, SnapshotPosition, Term } from '../../raft/core/index.ts';
import { type KeyValue, type MemoryContents, memoryKeyValue } from '../../src/store/index.ts';
import { StateSlots } from '../../src/store/state/slots.ts';

/** A database whose batches are written when it is told, in their order, as a slow disk would. */
function slowKeyValue(contents: MemoryContents): { readonly keyValue: KeyValue; readonly write: () => Promise<void> } {
  const inner = memoryKeyValue(contents);
  const waiting: (() => Promise<void>)[] = [];
  const keyValue: KeyValue = {
    ...inner,
    batch: (operations) =>
      new Promise((resolve, reject) => {
        waiting.push(() => inner.batch(operations).then(resolve, reject));
      }),
  };
  const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
  const write = async (): Promise<void> => {
    for (await turn(); waiting.length > 0; await turn()) await waiting.shift()?.();
  };
  return { keyValue, write };
}

function snapshotAt(index: number): SnapshotPosition {
  const membership = { voters: [], learners: [] };
  return { index: index as LogIndex, term: 2 as Term, leaderTerm: 2 as Term, membership };
}

describe('the slots of a state database', () => {
  it('stay with the newer snapshot when the log follows the older one while they are exchanged', async () => {
    const contents: MemoryContents = new Map();
    const { keyValue, write } = slowKeyValue(contents);
    const slots = new StateSlots(keyValue);
    const first = slots.exchange(snapshotAt(10));
    await write();
    await first;
    const changes = [slots.exchange(snapshotAt(20)), slots.followed(10 as LogIndex)];
    await write();
    await Promise.all(changes);
    const restarted = new StateSlots(memoryKeyValue(contents));
    await restarted.open();
    for (const each of [slots, restarted]) expect(each.installed?.index).toBe(20);
  });

  it('forget a snapshot that the log follows before the next one comes', async () => {
    const contents: MemoryContents = new Map();
    const { keyValue, write } = slowKeyValue(contents);
    const slots = new StateSlots(keyValue);
    const changes = [slots.exchange(snapshotAt(10)), slots.followed(10 as LogIndex)];
    await write();
    await Promise.all(changes);
    const restarted = new StateSlots(memoryKeyValue(contents));
    await restarted.open();
    for (const each of [slots, restarted]) expect(each.installed).toBeUndefined();
  });
});
