// What it costs to have a cluster at all: the time until it is ready, and what it uses at rest.
import { sleep } from '../../src/lib/index.ts';
import { startEtcd } from '../peers/etcd-peer.ts';
import { commandOf, cpuSeconds, residentMegabytes } from '../peers/processes.ts';
import { startUp } from '../peers/up-process.ts';
import { spreadOf } from '../report/spread.ts';
import type { Row, Side } from '../report/types.ts';
import type { BenchContext } from './context.ts';

/** Until what happens after a start is over: V8 collects and compiles for half a minute. */
const SETTLE_MS = 30_000;
const REST_MS = 20_000;
const SERVER_COMMAND = 'server';

/** From `quorate up` to a cluster that says it is ready. */
export async function measureStart(context: BenchContext, servers: 1 | 3): Promise<Row> {
  const { clock, command, runs, hasEtcd } = context;
  const quorate: number[] = [];
  const etcd: number[] = [];
  for (let run = 0; run < runs; run++) {
    const up = await startUp(clock, command, ['--servers', String(servers)]);
    quorate.push(up.readyMs);
    await up.stop();
    if (!hasEtcd) continue;
    const startedMs = clock.monotonic();
    const peer = await startEtcd(clock, servers);
    etcd.push(clock.monotonic() - startedMs);
    await peer.stop();
  }
  const sides: Side[] = [{ who: 'quorate', what: '', value: spreadOf(quorate) }];
  if (etcd.length > 0) sides.push({ who: 'etcd', what: '', value: spreadOf(etcd) });
  const row: Row = {
    id: `start/${servers}`,
    title: `${servers} ${servers === 1 ? 'server' : 'servers'} and two workers ready after quorate up`,
    unit: 'ms',
    better: 'less',
    sides,
  };
  context.progress(`${row.id}: ${sides.map(({ who, value }) => `${who} ${Math.round(value.median)}`).join(' · ')} ms`);
  return row;
}

/** Processor time and memory at rest: the whole cluster with two workers, and each server. */
export async function measureRest(context: BenchContext): Promise<readonly Row[]> {
  const { clock, command, hasEtcd } = context;
  const up = await startUp(clock, command, []);
  const rest = async (pids: readonly number[]): Promise<number> => {
    await sleep(clock, SETTLE_MS);
    const before = cpuSeconds(pids);
    await sleep(clock, REST_MS);
    return ((cpuSeconds(pids) - before) / (REST_MS / 1000)) * 100;
  };
  const cpu: Side[] = [];
  const memory: Side[] = [];
  try {
    cpu.push({ who: 'quorate', what: 'with two workers', value: spreadOf([await rest(up.pids())]) });
    const servers = up.pids().filter((pid) => commandOf(pid).includes(SERVER_COMMAND));
    memory.push({ who: 'quorate', what: '', value: spreadOf(servers.map(residentMegabytes)) });
  } finally {
    await up.stop();
  }
  if (hasEtcd) {
    const etcd = await startEtcd(clock);
    try {
      cpu.push({ who: 'etcd', what: '', value: spreadOf([await rest(etcd.pids())]) });
      memory.push({ who: 'etcd', what: '', value: spreadOf(etcd.pids().map(residentMegabytes)) });
    } finally {
      await etcd.stop();
    }
  }
  const less = { better: 'less' as const };
  return [
    { id: 'rest/cpu', title: 'whole cluster at rest', unit: '% of a core', ...less, sides: cpu },
    { id: 'rest/memory', title: 'memory of a server process at rest', unit: 'MB', ...less, sides: memory },
  ];
}
