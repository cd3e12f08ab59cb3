// Real members for tests: certificates, free ports, temporary folders, and a state machine that notes what it applies.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openAuthority } from '../../../cluster/certificates.ts';
import { type ConsensusOptions, createConsensus, type TransportTls } from '../../../raft/adapters/index.ts';
import type { CommittedEntry, Consensus, Leadership, LogIndex, NodeId } from '../../../raft/node/index.ts';
import { type Clock, silentLogger, sleep, systemClock } from '../../../src/lib/index.ts';

export const HOST = '127.0.0.1';
export const clock: Clock = systemClock();

/** A folder that is removed by the returned function. */
export function temporaryFolder(): { readonly path: string; remove(): void } {
  const path = mkdtempSync(join(tmpdir(), 'quorate-raft-'));
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}

/** Ports that were free a moment ago, all different. */
export async function freePorts(count: number): Promise<readonly number[]> {
  const servers = await Promise.all(
    Array.from({ length: count }, () => {
      return new Promise<ReturnType<typeof createServer>>((resolve) => {
        const server = createServer().listen(0, HOST, () => resolve(server));
      });
    }),
  );
  const ports = servers.map((server) => {
    const address = server.address();
    return address === null || typeof address === 'string' ? 0 : address.port;
  });
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}

/** A certificate per name, signed by one authority. */
export async function certificates(
  folder: string,
  names: readonly string[],
): Promise<ReadonlyMap<string, TransportTls>> {
  const authority = await openAuthority(folder, 'test', clock);
  const made = new Map<string, TransportTls>();
  for (const name of names) {
    await authority.ensure({ name, commonName: name, hosts: [HOST], usages: ['client', 'server'] });
    const read = (suffix: string): string => readFileSync(join(folder, `${name}.${suffix}`), 'utf8');
    made.set(name, { ca: authority.caPem, cert: read('crt'), key: read('key') });
  }
  return made;
}

/** Waits until `condition` holds; the test's own time limit bounds it. */
export async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await sleep(clock, 5);
}

/** A member with its state machine: a list of the commands applied. */
export class Member {
  readonly consensus: Consensus;
  readonly applied: string[] = [];
  readonly leaderships: Leadership[] = [];
  readonly failures: string[] = [];
  appliedIndex = 0 as LogIndex;
  /** Called when something was applied or the leadership changed. */
  onChange: () => void = () => {};

  constructor(options: Omit<ConsensusOptions, 'environment'>) {
    const environment = {
      clock,
      logger: silentLogger,
      fatal: (reason: string) => void this.failures.push(reason),
    };
    this.consensus = createConsensus({ ...options, environment });
  }

  get leader(): NodeId | undefined {
    return this.consensus.status().leader;
  }

  async start(): Promise<void> {
    await this.consensus.start(
      {
        stateMachine: { apply: (entries) => this.apply(entries) },
        snapshots: { wanted: () => {}, frame: () => {} },
        leadershipChanged: (leadership) => {
          this.leaderships.push(leadership);
          this.onChange();
        },
      },
      { appliedIndex: 0 as LogIndex },
    );
  }

  /** Proposes and waits, re-proposing when the epoch rises, as a store with sessions does. */
  async commit(command: string): Promise<void> {
    let epoch = -1;
    const send = (): void => {
      const current = this.leaderships.at(-1)?.epoch ?? 0;
      if (this.applied.includes(command) || current === epoch) return;
      epoch = current;
      this.consensus.propose([Buffer.from(command)]);
    };
    await new Promise<void>((resolve) => {
      this.onChange = () => {
        send();
        if (this.applied.includes(command)) resolve();
      };
      this.onChange();
    });
  }

  private apply(entries: readonly CommittedEntry[]): void {
    for (const entry of entries) {
      if (entry.index !== this.appliedIndex + 1) throw new Error(`entry ${entry.index} after ${this.appliedIndex}`);
      this.appliedIndex = entry.index;
      const text = Buffer.from(entry.data).toString('utf8');
      // A command that was re-proposed may be there twice: the state machine's own business.
      if (entry.kind === 'command' && !this.applied.includes(text)) this.applied.push(text);
    }
    this.consensus.progress(this.appliedIndex, this.appliedIndex);
    this.onChange();
  }
}

export interface ClusterOptions {
  readonly folder: string;
  readonly ids: readonly string[];
  readonly ports: readonly number[];
  readonly tls: ReadonlyMap<string, TransportTls> | undefined;
  readonly threads: ConsensusOptions['threads'];
}

/** Options of one member of a cluster, for a new incarnation of it. */
export function memberOptions(
  cluster: ClusterOptions,
  id: string,
  seed: number,
): Omit<ConsensusOptions, 'environment'> {
  const ids = cluster.ids as readonly NodeId[];
  const portOf = (member: string): number => cluster.ports[cluster.ids.indexOf(member)] ?? 0;
  return {
    config: {
      id: id as NodeId,
      clusterId: 'test',
      membership: { voters: ids, learners: [] },
      peerAddresses: Object.fromEntries(ids.map((peer) => [peer, `${HOST}:${portOf(peer)}`])),
      seed,
    },
    directory: join(cluster.folder, id),
    listen: { host: HOST, port: portOf(id) },
    tls: cluster.tls?.get(id),
    threads: cluster.threads,
  };
}
