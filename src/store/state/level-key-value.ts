// The state database on classic-level (LevelDB). It is written behind the Raft log, in synced batches; LevelDB's own
// checks are not relied on (it drops damaged records in silence), but believed when they find something.
import { ClassicLevel } from 'classic-level';
import { codeOf, messageOf, UserError } from '../../lib/index.ts';
import { LEVEL_CACHE_BYTES, LEVEL_READ_BYTES, LEVEL_READ_ENTRIES, LEVEL_WRITE_BUFFER_BYTES } from '../limits.ts';
import { StateDamageError } from './damage.ts';
import type { KeyValue, KeyValueEntry, KeyValueOperation } from './key-value.ts';

/** Opens, or creates, the database in the folder `path`. Throws UserError when it is in use or cannot be opened, and StateDamageError. */
export async function openLevelKeyValue(path: string): Promise<KeyValue> {
  const level = new ClassicLevel<Uint8Array, Uint8Array>(path, {
    keyEncoding: 'view',
    valueEncoding: 'view',
    // Objects are read once, at the start; nothing is gained by caching them twice.
    cacheSize: LEVEL_CACHE_BYTES,
    writeBufferSize: LEVEL_WRITE_BUFFER_BYTES,
  });
  try {
    await level.open();
  } catch (error) {
    throw openingError(path, error);
  }
  return new LevelKeyValue(level);
}

class LevelKeyValue implements KeyValue {
  readonly #level: ClassicLevel<Uint8Array, Uint8Array>;
  #closing: Promise<void> | undefined;

  constructor(level: ClassicLevel<Uint8Array, Uint8Array>) {
    this.#level = level;
  }

  async batch(operations: readonly KeyValueOperation[]): Promise<void> {
    // A chained batch costs this thread a quarter of what an array of operations does, which is cloned one by one.
    const batch = this.#level.batch();
    for (const operation of operations) {
      if (operation.kind === 'put') batch.put(operation.key, operation.value);
      else batch.del(operation.key);
    }
    await batch.write({ sync: true });
  }

  async *iterate(from: Uint8Array, to: Uint8Array): AsyncIterable<KeyValueEntry> {
    const iterator = this.#level.iterator({
      gte: from,
      lt: to,
      fillCache: false,
      highWaterMarkBytes: LEVEL_READ_BYTES,
    });
    // The next entries are read on LevelDB's thread while these are used here.
    const read = (): Promise<[Uint8Array, Uint8Array][]> => {
      const entries = iterator.nextv(LEVEL_READ_ENTRIES);
      // Whoever stops early does not hear of it.
      entries.catch(() => undefined);
      return entries;
    };
    try {
      let ahead = read();
      for (;;) {
        const entries = await ahead.catch(damageFirst);
        if (entries.length === 0) return;
        ahead = read();
        for (const [key, value] of entries) yield { key, value };
      }
    } finally {
      await iterator.close();
    }
  }

  close(): Promise<void> {
    this.#closing ??= this.#level.close();
    return this.#closing;
  }
}

/** LevelDB sees some damage by itself, when it comes to it. */
function damageFirst(error: unknown): never {
  const cause = error instanceof Error && error.cause !== undefined ? error.cause : error;
  if (isDamage(cause)) throw new StateDamageError(messageOf(cause));
  throw error;
}

/**
 * Files that are missing, are not what LevelDB wrote, or tables that end before what it is to read ("Invalid argument"). An error
 * of the disk itself (EIO) says nothing about what is on it.
 */
function isDamage(cause: unknown): boolean {
  return (
    codeOf(cause) === 'LEVEL_CORRUPTION' || /corruption|no such file|\.ldb: invalid argument/i.test(messageOf(cause))
  );
}

function openingError(path: string, error: unknown): UserError {
  const cause = error instanceof Error && error.cause !== undefined ? error.cause : error;
  if (codeOf(cause) === 'LEVEL_LOCKED') {
    return new UserError(
      `the state database ${path} is in use by another process`,
      'Stop the server that runs on this data directory, or choose another data directory.',
      { cause },
    );
  }
  if (isDamage(cause)) return new StateDamageError(messageOf(cause));
  return new UserError(
    `the state database ${path} cannot be opened: ${messageOf(cause)}`,
    'Check the permissions and the free space of the data directory; keep a copy of the folder before changing anything in it.',
    { cause },
  );
}
