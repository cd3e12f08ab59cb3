// The state database without a disk, for tests and the simulator. `contents` outlives it, as a disk would.
import { assert } from '../../lib/index.ts';
import type { KeyValue, KeyValueEntry, KeyValueOperation } from './key-value.ts';

/** Values by the key's bytes in hexadecimal. */
export type MemoryContents = Map<string, Buffer>;

/** A database over `contents`; a restart opens another one over the same. */
export function memoryKeyValue(contents: MemoryContents = new Map()): KeyValue {
  let closed = false;
  return {
    batch(operations: readonly KeyValueOperation[]): Promise<void> {
      if (closed) return Promise.reject(new Error('the database is closed'));
      for (const operation of operations) {
        const key = Buffer.from(operation.key).toString('hex');
        if (operation.kind === 'put') contents.set(key, Buffer.from(operation.value));
        else contents.delete(key);
      }
      return Promise.resolve();
    },
    async *iterate(from, to): AsyncIterable<KeyValueEntry> {
      assert(!closed, 'the database is open');
      const first = Buffer.from(from).toString('hex');
      const end = Buffer.from(to).toString('hex');
      const entries = [...contents].filter(([key]) => key >= first && key < end);
      for (const [key, value] of entries.sort(([a], [b]) => (a < b ? -1 : 1)))
        yield { key: Buffer.from(key, 'hex'), value: Buffer.from(value) };
    },
    close(): Promise<void> {
      closed = true;
      return Promise.resolve();
    },
  };
}
