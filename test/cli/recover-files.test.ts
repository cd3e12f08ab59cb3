// Recovery on real files: every server found as it is, and the exchange of the clusters made good after a crash anywhere.
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Layout, layoutOf, planTopology, prepareDataDirectory, writeTopology } from '../../cluster/index.ts';
import { nodeDisk } from '../../raft/adapters/index.ts';
import { encodeMembership } from '../../raft/core/index.ts';
import { JobRunner, type LogIndex, type Membership, type NodeId, openLog } from '../../raft/node/index.ts';
import { membershipOf } from '../../src/cli/offline/electorate.ts';
import { inspectServers, mostAdvanced } from '../../src/cli/offline/inspect.ts';
import { beginning, seedServers } from '../../src/cli/offline/seed-servers.ts';
import { takeStoppedCluster } from '../../src/cli/offline/stopped-cluster.ts';
import {
  finishRecovery,
  type RecoveryJournal,
  readJournal,
  stagingOf,
  writeJournal,
} from '../../src/cli/recover/journal.ts';
import { refuseLostQuorum } from '../../src/cli/recover/lost-quorum.ts';
import { silentLogger, systemClock } from '../../src/lib/index.ts';
import { memoryKeyValue, readOffline } from '../../src/store/index.ts';

const clock = systemClock();
const wish = { servers: 3, workers: 0, port: 20_000, runtime: 'simulated' } as const;
const former = planTopology(wish, 'former', []);
let root: string;
let layout: Layout;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'quorate-recover-'));
  layout = prepareDataDirectory(join(root, 'data'));
  writeTopology(layout, former);
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

/** A cluster whose servers hold an empty state at some position. */
async function seeded(index = 7): Promise<void> {
  const { machine } = await readOffline(memoryKeyValue(), undefined, clock);
  await seedServers(layout, former, beginning(machine, { index, term: 2 }));
}

describe('the servers of a stopped cluster', () => {
  it('are found intact, missing or damaged, with what of each can be used', async () => {
    await seeded();
    rmSync(layout.member('server-2'), { recursive: true });
    const segment = join(layout.member('server-3'), 'log', '000000000001.segment');
    const bytes = readFileSync(segment);
    bytes[60] = (bytes[60] ?? 0) ^ 0xff;
    writeFileSync(segment, bytes);
    const found = await inspectServers(layout, former, clock);
    expect(found.map(({ id, health, usable }) => [id, health, usable?.last.index])).toEqual([
      ['server-1', 'intact', 7],
      ['server-2', 'missing', undefined],
      // Its state is whole.
      ['server-3', 'damaged', 7],
    ]);
    expect(found[2]?.problem).toContain('the Raft log is damaged');
    expect(mostAdvanced(found)?.id).toBe('server-1');
  });

  it('tell the members that their log knows, else those of their state', async () => {
    await seeded();
    const voters = ['server-2', 'server-3'] as NodeId[];
    changeMembers('server-3', { voters, learners: ['server-1' as NodeId] });
    const found = await inspectServers(layout, former, clock);
    expect(found.map(({ usable }) => usable?.membership)).toMatchObject([
      { voters: ['server-1', 'server-2', 'server-3'], learners: [] },
      { voters: ['server-1', 'server-2', 'server-3'], learners: [] },
      { voters, learners: ['server-1'] },
    ]);
    expect(membershipOf(found, former.founders)).toMatchObject({ voters, learners: ['server-1'] });
  });

  it('are not changed by looking at their logs', async () => {
    await seeded();
    const folder = join(layout.member('server-1'), 'log');
    const before = readdirSync(folder).map((name) => readFileSync(join(folder, name)).toString('base64'));
    await inspectServers(layout, former, clock);
    expect(readdirSync(folder).map((name) => readFileSync(join(folder, name)).toString('base64'))).toEqual(before);
  });

  it('are not taken while one of their folders is in use', async () => {
    await seeded();
    const first = await takeStoppedCluster(layout, former);
    await expect(takeStoppedCluster(layout, former)).rejects.toThrow('still run');
    await first.release();
    const second = await takeStoppedCluster(layout, former);
    await second.release();
  });
});

describe('the exchange of the former cluster for the new one', () => {
  const topology = planTopology({ ...wish, servers: 5 }, 'recovered', []);
  const journal: RecoveryJournal = {
    formatVersion: 1,
    aside: 'before-recover-x',
    former: ['server-1'],
    topology,
  };

  /** A former cluster of which one server is left, and a new one that is staged. */
  async function staged(): Promise<void> {
    mark(layout, 'server-1', 'former');
    for (const { id } of topology.servers) mark(stagingOf(layout), id, 'recovered');
    await writeJournal(layout, journal);
  }

  it('moves the former servers aside and puts all new ones in place', async () => {
    await staged();
    await finishRecovery(layout, journal);
    expectExchanged(layout);
  });

  it.each([
    [
      'the former record was copied',
      (from: Layout) => mkdirSync(layoutOf(join(from.root, journal.aside)).member(''), { recursive: true }),
    ],
    ['a former server was moved', (from: Layout) => move(from, layoutOf(join(from.root, journal.aside)), 'server-1')],
    [
      'a new server was put where no former one was',
      (from: Layout) => {
        move(from, layoutOf(join(from.root, journal.aside)), 'server-1');
        move(stagingOf(from), from, 'server-2');
      },
    ],
    [
      'all were moved and the record was exchanged',
      (from: Layout) => {
        move(from, layoutOf(join(from.root, journal.aside)), 'server-1');
        cpSync(from.clusterFile, layoutOf(join(from.root, journal.aside)).clusterFile);
        for (const { id } of topology.servers) move(stagingOf(from), from, id);
        writeTopology(from, topology);
      },
    ],
  ])('goes on after a crash when %s', async (_, crash) => {
    await staged();
    crash(layout);
    const found = readJournal(layout);
    if (found === undefined) throw new Error('the journal is there');
    expect(() => prepareDataDirectory(layout.root)).toThrow('was interrupted');
    await finishRecovery(layout, found);
    expectExchanged(layout);
  });

  function expectExchanged(to: Layout): void {
    for (const { id } of topology.servers) expect(readFileSync(join(to.member(id), 'mark'), 'utf8')).toBe('recovered');
    const past = layoutOf(join(to.root, journal.aside));
    expect(readFileSync(join(past.member('server-1'), 'mark'), 'utf8')).toBe('former');
    expect(readdirSync(past.member(''))).toEqual(['server-1']);
    expect(readFileSync(past.clusterFile, 'utf8')).toContain('"former"');
    expect(readFileSync(to.clusterFile, 'utf8')).toContain('"recovered"');
    expect(existsSync(to.recoveryFile)).toBe(false);
    expect(existsSync(stagingOf(to).root)).toBe(false);
    prepareDataDirectory(to.root);
  }
});

describe('a cluster that is started', () => {
  it('is refused when most servers lost logs that a survivor met, and not when they never had one', async () => {
    await seeded();
    for (const id of ['server-2', 'server-3']) rmSync(layout.member(id), { recursive: true });
    await refuseLostQuorum(layout.root, clock, silentLogger);
    met('server-1', ['server-2']);
    await refuseLostQuorum(layout.root, clock, silentLogger);
    met('server-1', ['server-2', 'server-3']);
    await expect(refuseLostQuorum(layout.root, clock, silentLogger)).rejects.toThrow('the quorum of the cluster');
  });

  it('is not refused for the loss of learners, however many they are', async () => {
    await seeded();
    met('server-1', ['server-2', 'server-3']);
    changeMembers('server-1', { voters: ['server-1'] as NodeId[], learners: ['server-2', 'server-3'] as NodeId[] });
    for (const id of ['server-2', 'server-3']) rmSync(layout.member(id), { recursive: true });
    await refuseLostQuorum(layout.root, clock, silentLogger);
  });

  it('is refused when its only voter is lost, however many learners are left', async () => {
    await seeded();
    met('server-2', ['server-1']);
    const membership = { voters: ['server-1'] as NodeId[], learners: ['server-2', 'server-3'] as NodeId[] };
    for (const id of ['server-2', 'server-3']) changeMembers(id, membership);
    rmSync(layout.member('server-1'), { recursive: true });
    await expect(refuseLostQuorum(layout.root, clock, silentLogger)).rejects.toThrow('server-1 had data and have none');
  });
});

function mark(to: Layout, id: string, text: string): void {
  mkdirSync(to.member(id), { recursive: true });
  writeFileSync(join(to.member(id), 'mark'), text);
}

function move(from: Layout, to: Layout, id: string): void {
  mkdirSync(to.member(''), { recursive: true });
  cpSync(from.member(id), to.member(id), { recursive: true });
  rmSync(from.member(id), { recursive: true });
}

/** A server's log goes on with an entry that changes the members. */
function changeMembers(id: string, membership: Membership): void {
  const disk = nodeDisk(join(layout.member(id), 'log'));
  const log = openLog(disk, { clusterId: former.clusterId, nodeId: id as NodeId }, { mustExist: true });
  const at = { index: (log.lastIndex() + 1) as LogIndex, term: log.hardState().term };
  const job = log.prepare({
    hardState: undefined,
    entries: [{ ...at, kind: 'membership', data: encodeMembership(membership) }],
  });
  const runner = new JobRunner(disk);
  runner.run(job);
  runner.close();
  log.completed(job.id);
  log.close();
}

/** The file of known peers, as a member writes it. */
function met(id: string, peers: readonly string[]): void {
  const body = JSON.stringify(Object.fromEntries(peers.map((peer) => [peer, 'log'])));
  writeFileSync(join(layout.member(id), 'peers'), JSON.stringify([body, crc32(body)]));
}
