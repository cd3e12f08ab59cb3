// Members on real disks, sockets and threads: they replicate over mutual TLS, survive their leader, come back with
// their log, and leave nothing running when they stop.
import { rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ConsensusOptions, ThreadFiles } from '../../../raft/adapters/index.ts';
import { nodeDisk } from '../../../raft/adapters/index.ts';
import { DamageError, type LogIndex, type NodeId } from '../../../raft/node/index.ts';
import { defined, messageOf, UserError } from '../../../src/lib/index.ts';
import {
  type ClusterOptions,
  certificates,
  freePorts,
  HOST,
  Member,
  memberOptions,
  temporaryFolder,
  until,
} from './members.ts';

const IDS = ['n1', 'n2', 'n3'];
const folder = temporaryFolder();
/** Within the tree, so that the bundles find their packages. */
const bundles = resolve('dist', `test-raft-${process.pid}`);
let tls: ClusterOptions['tls'];
let threads: ThreadFiles;

beforeAll(async () => {
  tls = await certificates(join(folder.path, 'pki'), [...IDS, 'n4', 'stranger']);
  threads = await bundledThreads(bundles);
});
afterAll(() => {
  folder.remove();
  rmSync(bundles, { recursive: true, force: true });
});

/** The thread files as the build makes them, from the present sources. */
async function bundledThreads(outdir: string): Promise<ThreadFiles> {
  const entryPoints = ['raft', 'log'].map((name) => ({
    in: `raft/adapters/thread/${name}-thread.ts`,
    out: `${name}-thread`,
  }));
  await build({
    entryPoints,
    outdir,
    bundle: true,
    platform: 'node',
    format: 'esm',
    packages: 'external',
    outExtension: { '.js': '.mjs' },
  });
  const url = (name: string): URL => pathToFileURL(join(outdir, `${name}-thread.mjs`));
  return { raft: url('raft'), log: url('log') };
}

async function cluster(name: string, how: ConsensusOptions['threads']): Promise<ClusterOptions> {
  return { folder: join(folder.path, name), ids: IDS, ports: await freePorts(IDS.length), tls, threads: how };
}

async function startAll(options: ClusterOptions, seed: number): Promise<Member[]> {
  const members = options.ids.map((id, position) => new Member(memberOptions(options, id, seed + position)));
  await Promise.all(members.map((member) => member.start()));
  return members;
}

const stopAll = (members: readonly Member[]): Promise<unknown> =>
  Promise.all(members.map((member) => member.consensus.stop()));

/** Replication, the end of a leader, its return, and a restart of all. */
async function lifeOfACluster(options: ClusterOptions): Promise<void> {
  const members = await startAll(options, 1);
  const [first, second] = members as [Member, Member, Member];
  await first.commit('a');
  await second.commit('b');
  await until(() => members.every((member) => member.applied.length === 2));

  const leader = defined(
    members.find((member) => member.consensus.id === first.leader),
    'the leader',
  );
  await leader.consensus.stop();
  const living = members.filter((member) => member !== leader);
  const [survivor, other] = living as [Member, Member];
  await survivor.commit('c');
  const index = await other.consensus.readIndex();
  await until(() => other.appliedIndex >= defined(index, 'an index'));
  expect(other.applied).toEqual(['a', 'b', 'c']);

  const returned = new Member(memberOptions(options, leader.consensus.id, 10));
  await returned.start();
  await until(() => returned.applied.length === 3);
  const all = [...living, returned];
  expect(all.flatMap((member) => member.failures)).toEqual([]);
  await stopAll(all);

  const again = await startAll(options, 20);
  const [one] = again as [Member];
  await one.commit('d');
  await until(() => again.every((member) => member.applied.length === 4));
  for (const member of again) expect(member.applied).toEqual(['a', 'b', 'c', 'd']);
  await stopAll(again);
}

describe('three members over mutual TLS', () => {
  it('in line replicate, survive a leader that stops, and come back with all they had', async () => {
    await lifeOfACluster(await cluster('inline', 'inline'));
  });

  it('on threads replicate, survive a leader that stops, and come back with all they had', async () => {
    await lifeOfACluster(await cluster('threads', threads));
  });

  it('(threads) lead on while the main thread is busy', async () => {
    const members = await startAll(await cluster('busy', threads), 1);
    await defined(members[0], 'a member').commit('a');
    await until(() => members.every((member) => member.applied.length === 1));
    const before = members.map((member) => member.leaderships.at(-1)?.term);
    // Longer than any election timeout, in one turn.
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 2_000);
    await defined(members[0], 'a member').commit('b');
    expect(members.map((member) => member.leaderships.at(-1)?.term)).toEqual(before);
    await stopAll(members);
  });

  it('hand leadership over when asked', async () => {
    const members = await startAll(await cluster('transfer', 'inline'), 1);
    await defined(members[0], 'a member').commit('a');
    const leader = defined(members[0]?.leader, 'a leader');
    const target = defined(
      IDS.find((id) => id !== leader),
      'another member',
    ) as NodeId;
    members.find((member) => member.consensus.id === leader)?.consensus.transferLeadership(target);
    await until(() => members.every((member) => member.leader === target));
    await stopAll(members);
  });

  it('let in a fourth that they hear of while they run, and end one that is removed, wherever they are', async () => {
    const [port = 0] = await freePorts(1);
    const options = await cluster('membership', threads);
    const members = await startAll(options, 1);
    await defined(members[0], 'a member').commit('a');
    // The new one knows where the others are; they are told where it is by the entry that adds it.
    const n4 = 'n4' as NodeId;
    const itsOptions = memberOptions({ ...options, ids: [...IDS, n4], ports: [...options.ports, port] }, n4, 4);
    const membership = { voters: IDS as NodeId[], learners: [] };
    const joining = new Member({ ...itsOptions, config: { ...itsOptions.config, membership, join: true } });
    await joining.start();
    const leaderOf = (): Member => {
      const leader = members.find((member) => member.consensus.status().role === 'leader');
      return defined(leader, 'a leader');
    };
    const address = `${HOST}:${port}`;
    expect(
      await leaderOf().consensus.changeMembership([{ kind: 'add', member: n4, address, autoPromote: true }]),
    ).toMatchObject({ kind: 'done' });
    await until(() => {
      const { membership: now, membershipSettled } = leaderOf().consensus.status();
      return membershipSettled && now.voters.includes(n4);
    });
    await until(() => joining.applied.includes('a'));
    const gone = leaderOf();
    expect(await gone.consensus.changeMembership([{ kind: 'remove', member: gone.consensus.id }])).toMatchObject({
      kind: 'done',
    });
    await until(() => gone.failures.length > 0);
    expect(gone.failures).toEqual(['this member was removed from the cluster']);
    const rest = [...members.filter((member) => member !== gone), joining];
    await joining.commit('b');
    await until(() => rest.every((member) => member.applied.includes('b')));
    await gone.consensus.stop();
    // Its log may not say so: the others do.
    const again = new Member(memberOptions(options, gone.consensus.id, 9));
    const ended = again.start().then(
      () => until(() => again.failures.length > 0).then(() => again.failures[0]),
      (error: unknown) => messageOf(error),
    );
    expect(await ended).toBe('this member was removed from the cluster');
    await stopAll([...rest, again]);
  });

  it('do not let in a member whose certificate has another name', async () => {
    const options = await cluster('stranger', 'inline');
    const members = [new Member(memberOptions(options, 'n1', 1)), new Member(memberOptions(options, 'n2', 2))];
    const impostor = new Member({ ...memberOptions(options, 'n3', 3), tls: tls?.get('stranger') });
    await Promise.all([...members, impostor].map((member) => member.start()));
    await defined(members[0], 'a member').commit('a');
    await until(() => members.every((member) => member.applied.length === 1));
    expect(impostor.leaderships.filter((leadership) => leadership.leader !== undefined)).toEqual([]);
    expect(impostor.applied).toEqual([]);
    await stopAll([...members, impostor]);
  });
});

describe('a member whose data is gone', () => {
  it('is not let in under its old id: not by those who met it, and not after they restarted', async () => {
    const options = await cluster('wiped', 'inline');
    const members = await startAll(options, 1);
    const [first, second, third] = members as [Member, Member, Member];
    await first.commit('a');
    await until(() => third.applied.length === 1);
    await third.consensus.stop();
    rmSync(join(options.folder, 'n3'), { recursive: true });

    const wiped = new Member(memberOptions(options, 'n3', 10));
    await wiped.start();
    await second.commit('b');
    await stopAll([first, second]);
    const again = [new Member(memberOptions(options, 'n1', 20)), new Member(memberOptions(options, 'n2', 21))];
    await Promise.all(again.map((member) => member.start()));
    await defined(again[0], 'a member').commit('c');
    expect(wiped.applied).toEqual([]);
    expect(wiped.leaderships.filter((leadership) => leadership.leader !== undefined)).toEqual([]);
    await stopAll([...again, wiped]);
  });

  it('stops and says why when a peer knows its former log, so that two such members found no cluster of their own', async () => {
    const options = await cluster('two-wiped', 'inline');
    const members = await startAll(options, 1);
    const [first, second, third] = members as [Member, Member, Member];
    await first.commit('a');
    await until(() => third.applied.length === 1);
    await stopAll([second, third]);
    for (const id of ['n2', 'n3']) rmSync(join(options.folder, id), { recursive: true });

    const wiped = [new Member(memberOptions(options, 'n2', 10)), new Member(memberOptions(options, 'n3', 11))];
    await Promise.all(wiped.map((member) => member.start()));
    await until(() => wiped.every((member) => member.failures.length > 0));
    for (const member of wiped) {
      expect(member.failures[0]).toMatch(/lost its log/);
      expect(member.applied).toEqual([]);
      expect(member.consensus.status().commitIndex).toBe(0);
    }
    expect(first.failures).toEqual([]);
    await stopAll([first, ...wiped]);
  });
});

describe('a member', () => {
  it('without TLS listens on loopback only', async () => {
    const options = memberOptions(await cluster('open', 'inline'), 'n1', 1);
    const member = new Member({ ...options, tls: undefined, listen: { host: '0.0.0.0', port: 0 } });
    await expect(member.start()).rejects.toThrow(/without TLS/);
  });

  it('(threads) does not start when its thread cannot', async () => {
    const options = await cluster('threadless', {
      raft: new URL('file:///missing.mjs'),
      log: new URL('file:///missing.mjs'),
    });
    const member = new Member(memberOptions(options, 'n1', 1));
    await expect(member.start()).rejects.toThrow(/the Raft thread failed/);
    expect(member.failures).toEqual([]);
  });

  it('(threads) that loses its log thread says so and stops taking part', async () => {
    const options = await cluster('logless', 'inline');
    const { raft } = threads;
    const member = new Member(
      memberOptions({ ...options, ids: ['n1'], threads: { raft, log: new URL('file:///missing.mjs') } }, 'n1', 1),
    );
    await member.start();
    await until(() => member.failures.length > 0);
    expect(member.failures[0]).toContain('the Raft log cannot be written');
    expect(member.applied).toEqual([]);
    await member.consensus.stop();
  });

  for (const how of ['inline', 'threads'] as const) {
    it(`(${how}) says which port is taken`, async () => {
      const options = await cluster(`taken-${how}`, how === 'inline' ? 'inline' : threads);
      const first = new Member(memberOptions(options, 'n1', 1));
      await first.start();
      const occupied = memberOptions(options, 'n1', 2).listen;
      const second = new Member({ ...memberOptions(options, 'n2', 2), listen: occupied });
      await expect(second.start()).rejects.toThrow(/port .* is taken/);
      await stopAll([first, second]);
    });

    it(`(${how}) refuses a damaged log with the same error that the log gives`, async () => {
      const options = await cluster(`damaged-${how}`, how === 'inline' ? 'inline' : threads);
      const alone = { ...options, ids: ['n1'] };
      const member = new Member(memberOptions(alone, 'n1', 1));
      await member.start();
      await member.commit('a');
      await member.consensus.stop();
      nodeDisk(join(options.folder, 'n1', 'log')).remove('marker');
      const again = new Member(memberOptions(alone, 'n1', 2));
      const error: unknown = await again.start().catch((reason: unknown) => reason);
      expect(error).toBeInstanceOf(DamageError);
      expect((error as DamageError).file).toBe('marker');
      expect((error as DamageError).remedy).not.toBe('');
    });

    it(`(${how}) refuses a folder without a log when its state is known to have one`, async () => {
      const options = await cluster(`gone-${how}`, how === 'inline' ? 'inline' : threads);
      const member = new Member(memberOptions(options, 'n1', 1));
      const snapshots = { wanted: () => {}, frame: () => {} };
      const handlers = { stateMachine: { apply: () => {} }, snapshots, leadershipChanged: () => {} };
      await expect(member.consensus.start(handlers, { appliedIndex: 5 as LogIndex })).rejects.toThrow(UserError);
    });

    it(`(${how}) leaves a data directory alone that another process works in`, async () => {
      const options = await cluster(`locked-${how}`, how === 'inline' ? 'inline' : threads);
      const [first, second] = await freePorts(2);
      const at = (port = 0): Member => new Member({ ...memberOptions(options, 'n1', 1), listen: { host: HOST, port } });
      const holder = at(first);
      await holder.start();
      await expect(at(second).start()).rejects.toThrow(/in use by another process/);
      await holder.consensus.stop();
      const next = at(second);
      await next.start();
      await next.consensus.stop();
    });

    it(`(${how}) can be stopped before it was started, while it starts, and twice`, async () => {
      const options = await cluster(`stopped-${how}`, how === 'inline' ? 'inline' : threads);
      const never = new Member(memberOptions(options, 'n1', 1));
      await never.consensus.stop();
      const starting = new Member(memberOptions(options, 'n2', 2));
      const started = starting.start().catch((error: unknown) => error);
      await Promise.all([starting.consensus.stop(), starting.consensus.stop()]);
      expect(await started).toBeInstanceOf(UserError);
      expect(await starting.consensus.readIndex()).toBeUndefined();
    });
  }
});
