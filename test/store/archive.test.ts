// Archives and seeds: what is written is read back, whatever is changed in between is found, and a seeded member begins
// with the same objects at raised revisions.
import { describe, expect, it } from 'vitest';
import type { LogIndex, LogPosition, NodeId, Term } from '../../raft/core/index.ts';
import { JobRunner, openLog } from '../../raft/node/index.ts';
import { prng, silentLogger } from '../../src/lib/index.ts';
import {
  ArchiveDamageError,
  createReplicatedStore,
  type KeyValueEntry,
  type MemoryContents,
  memoryKeyValue,
  type OfflineState,
  parseStoreKey,
  RESTORED_REVISION_DISTANCE,
  type ReplicatedStore,
  readArchive,
  readOffline,
  readStateStream,
  rebase,
  recordsOf,
  StateDamageError,
  seedMember,
  writeArchive,
} from '../../src/store/index.ts';
import { SimDisk } from '../sim/disk.ts';
import { manualClock } from '../support/manual-clock.ts';
import { FakeCluster } from './fake-consensus.ts';
import { committed, eventually, NO_ABORT, pod, put, remove, text } from './support.ts';

const IDENTITY = { clusterId: 'new', nodeId: 'server-1' as NodeId };
const MEMBERSHIP = { voters: ['server-1' as NodeId], learners: [] };
const clock = manualClock();

/** A store with a past: created, changed and deleted objects, and commands of several writes. */
async function storeWithPast(contents: MemoryContents = new Map()): Promise<ReplicatedStore> {
  const consensus = new FakeCluster(['a']).join('a');
  const store = createReplicatedStore({
    consensus,
    keyValue: memoryKeyValue(contents),
    clock,
    logger: silentLogger,
    fatal: (reason) => {
      throw new Error(reason);
    },
    origin: 'a/1',
  });
  await store.start();
  await eventually(() => store.status().ready, 'the store is ready');
  for (let i = 0; i < 20; i += 1) await committed(store, put(pod(`p${i}`), `first ${i}`));
  const two = { conditions: [], writes: [...put(pod('p1'), 'x').writes, ...put(pod('p2'), 'y').writes] };
  await committed(store, two);
  await committed(store, remove(pod('p3')));
  return store;
}

async function recordsFrom(store: ReplicatedStore): Promise<KeyValueEntry[]> {
  return collect(readStateStream(await store.backup(NO_ABORT)));
}

async function collect<T>(source: AsyncIterable<T>): Promise<T[]> {
  const items: T[] = [];
  for await (const item of source) items.push(item);
  return items;
}

async function* of(...parts: Uint8Array[]): AsyncGenerator<Uint8Array> {
  yield* parts;
}

async function archiveOf(store: ReplicatedStore): Promise<Buffer> {
  const files = [{ name: 'ca.key', bytes: Buffer.from('secret') }];
  const records = await recordsFrom(store);
  return Buffer.concat(await collect(writeArchive({ manifest: { clusterId: 'old' }, files, records })));
}

describe('a state as a running server streams it', () => {
  it('holds everything that was acknowledged before, although the database is written behind', async () => {
    const store = await storeWithPast();
    await committed(store, put(pod('last'), 'written a moment ago'));
    const archive = await readArchive(writeArchive({ manifest: {}, files: [], records: await recordsFrom(store) }));
    expect(archive.machine.stateHash()).toBe(store.stateHash());
    expect(archive.appliedIndex).toBe(store.status().appliedIndex);
    await store.stop();
  });

  it('is not taken for whole when it is cut, at whatever byte', async () => {
    const store = await storeWithPast();
    const bytes = Buffer.concat(await collect(await store.backup(NO_ABORT)));
    for (const at of [0, 1, 15, 16, 100, bytes.length - 1])
      await expect(collect(readStateStream(of(bytes.subarray(0, at))))).rejects.toThrow(ArchiveDamageError);
    await store.stop();
  });
});

describe('an archive', () => {
  it('gives back manifest, files and the very state', async () => {
    const store = await storeWithPast();
    const bytes = await archiveOf(store);
    const archive = await readArchive(of(bytes));
    expect(archive.manifest).toEqual({ clusterId: 'old' });
    expect(archive.files.map(({ name, bytes: file }) => [name, text(file)])).toEqual([['ca.key', 'secret']]);
    expect(archive.machine.stateHash()).toBe(store.stateHash());
    expect(archive.bytes).toBe(bytes.length);
    await store.stop();
  });

  it('is read in whatever pieces it comes', async () => {
    const store = await storeWithPast();
    const bytes = await archiveOf(store);
    const random = prng(3);
    const pieces: Uint8Array[] = [];
    for (let at = 0; at < bytes.length; ) {
      const size = 1 + random.int(700);
      pieces.push(bytes.subarray(at, at + size));
      at += size;
    }
    expect((await readArchive(of(...pieces))).machine.stateHash()).toBe(store.stateHash());
    await store.stop();
  });

  it('is refused after any bit of it was flipped: magic, format, each field of each chunk, payloads, digest', async () => {
    const store = await storeWithPast();
    const bytes = await archiveOf(store);
    await store.stop();
    const random = prng(11);
    // Every byte of the head, the headers and the digest, and random ones of the rest.
    const places = new Set([...Array(12).keys(), ...Array(32).keys()].map((i) => (i < 12 ? i : bytes.length - 32 + i)));
    for (let i = 1; i <= 32; i += 1) places.add(bytes.length - i);
    for (const start of chunkStarts(bytes)) for (let i = 0; i < 18; i += 1) places.add(start + i);
    for (let i = 0; i < 600; i += 1) places.add(random.int(bytes.length));
    const accepted: number[] = [];
    for (const place of [...places].filter((at) => at < bytes.length)) {
      const damaged = Buffer.from(bytes);
      damaged[place] = (damaged[place] ?? 0) ^ (1 << random.int(8));
      if (await isAccepted(damaged)) accepted.push(place);
    }
    expect(accepted).toEqual([]);
  });

  it('is refused when it is cut at any byte, or when something follows it', async () => {
    const store = await storeWithPast();
    const bytes = await archiveOf(store);
    await store.stop();
    const accepted: number[] = [];
    for (let at = 0; at < bytes.length; at += at > 200 && at < bytes.length - 200 ? 13 : 1)
      if (await isAccepted(bytes.subarray(0, at))) accepted.push(at);
    expect(accepted).toEqual([]);
    expect(await isAccepted(Buffer.concat([bytes, Buffer.from([0])]))).toBe(false);
  });

  it('says at which chunk and byte it is damaged', async () => {
    const store = await storeWithPast();
    const bytes = await archiveOf(store);
    await store.stop();
    const [, file = 0] = chunkStarts(bytes);
    bytes[file + 20] = 0xff;
    await expect(readArchive(of(bytes))).rejects.toThrow(`damaged at byte ${file}: chunk 1: its checksum is wrong`);
  });
});

describe('a member seeded with a state', () => {
  it('has the same objects, every revision raised, and nothing of the past or of sessions', async () => {
    const store = await storeWithPast();
    const before = store.snapshot();
    const archive = await readArchive(of(await archiveOf(store)));
    const seeded = await seed(rebaseOf(archive));
    expect(seeded.machine.revision).toBe(before.revision + RESTORED_REVISION_DISTANCE);
    expect(seeded.machine.compactedRevision).toBe(seeded.machine.revision);
    expect(seeded.machine.sessions.all()).toEqual([]);
    const objects = [...before.scan({ prefix: '' })];
    const after = [...seeded.machine.snapshot().scan({ prefix: '' })];
    expect(after.map((object) => [object.key, object.revision - RESTORED_REVISION_DISTANCE])).toEqual(
      objects.map((object) => [object.key, object.revision]),
    );
    expect(after.map((object) => JSON.parse(text(object.bytes)))).toEqual(
      objects.map((object) => {
        const was = JSON.parse(text(object.bytes)) as { metadata: object };
        const resourceVersion = String(object.revision + RESTORED_REVISION_DISTANCE);
        return { ...was, metadata: { ...was.metadata, resourceVersion } };
      }),
    );
    expect(() => seeded.machine.snapshot(before.revision)).toThrow('compacted');
    await store.stop();
  });

  it('is equal to every other one, and goes on at the position of the state', async () => {
    const store = await storeWithPast();
    const archive = await readArchive(of(await archiveOf(store)));
    const [one, two] = [await seed(rebaseOf(archive)), await seed(rebaseOf(archive))];
    expect(one.machine.stateHash()).toBe(two.machine.stateHash());
    expect(one.last).toEqual({ index: archive.appliedIndex, term: archive.appliedTerm });
    expect(one.machine.versions().every((version) => parseStoreKey(version.key).resource === 'pods')).toBe(true);
    await store.stop();
  });
});

describe('what a stopped member holds', () => {
  it('is its state and every entry of its log after it', async () => {
    const cluster = new FakeCluster(['a']);
    const contents: MemoryContents = new Map();
    const store = await startOn(cluster, contents);
    await committed(store, put(pod('early'), 'in the state database'));
    await store.backup(NO_ABORT);
    const frozen = new Map(contents);
    await committed(store, put(pod('late'), 'in the log alone'));
    const log = logOf(cluster, 0);
    const state = await readOffline(memoryKeyValue(frozen), log, clock);
    expect(state.machine.current(pod('late'))).toBeDefined();
    expect(state.machine.stateHash()).toBe(store.stateHash());
    expect(state.last.index).toBe(cluster.log.length);
    expect(state.appliedIndex).toBeLessThan(state.last.index);
    await store.stop();
  });

  it('is damaged when its log does not reach its state, or begins after it', async () => {
    const cluster = new FakeCluster(['a']);
    const contents: MemoryContents = new Map();
    const store = await startOn(cluster, contents);
    await committed(store, put(pod('p'), 'x'));
    await store.stop();
    const short = openLog(new SimDisk(prng(1)), IDENTITY);
    await expect(readOffline(memoryKeyValue(new Map(contents)), short, clock)).rejects.toThrow(StateDamageError);
    await committed(await startOn(cluster, new Map(contents), 'a/3'), put(pod('q'), 'x'));
    const gap = logOf(cluster, cluster.log.length - 1);
    await expect(readOffline(memoryKeyValue(new Map(contents)), gap, clock)).rejects.toThrow(StateDamageError);
  });
});

function rebaseOf({ machine, appliedIndex, appliedTerm }: Awaited<ReturnType<typeof readArchive>>) {
  return rebase(machine, RESTORED_REVISION_DISTANCE, { index: appliedIndex, term: appliedTerm ?? 1 });
}

async function seed(state: ReturnType<typeof rebase>): Promise<OfflineState> {
  const contents: MemoryContents = new Map();
  const disk = new SimDisk(prng(1));
  const keyValue = memoryKeyValue(contents);
  await seedMember({ disk, keyValue, identity: IDENTITY, incarnation: 'i', state, membership: MEMBERSHIP });
  expect([...contents.keys()].length).toBe([...recordsOf(state)].length);
  return readOffline(memoryKeyValue(contents), openLog(disk, IDENTITY, { mustExist: true }), clock);
}

async function startOn(cluster: FakeCluster, contents: MemoryContents, origin = 'a/1'): Promise<ReplicatedStore> {
  const store = createReplicatedStore({
    consensus: cluster.join('a'),
    keyValue: memoryKeyValue(contents),
    clock,
    logger: silentLogger,
    fatal: () => {},
    origin,
  });
  await store.start();
  await eventually(() => store.status().ready, 'the store is ready');
  return store;
}

/** The cluster's log after its first `dropped` entries, on a disk. */
function logOf(cluster: FakeCluster, dropped: number) {
  const disk = new SimDisk(prng(1));
  const log = openLog(disk, IDENTITY);
  const base = cluster.log[dropped - 1];
  const reset: LogPosition = { index: (base?.index ?? 0) as LogIndex, term: (base?.term ?? 0) as Term };
  const job = log.prepare({
    hardState: { term: cluster.term as Term, votedFor: undefined },
    entries: cluster.log.slice(dropped),
    ...(dropped === 0 ? {} : { reset }),
  });
  new JobRunner(disk).run(job);
  log.completed(job.id);
  return log;
}

async function isAccepted(bytes: Uint8Array): Promise<boolean> {
  try {
    await readArchive(of(bytes));
    return true;
  } catch {
    // Refused, for whatever reason.
    return false;
  }
}

function chunkStarts(bytes: Buffer): number[] {
  const starts: number[] = [];
  for (let at = 12; at < bytes.length - 32; at += 16 + bytes.readUInt32LE(at + 12)) starts.push(at);
  return starts;
}
