// The marks: what this project promises of its speed, judged by the rows of one run.
import { figure } from './text.ts';
import type { Mark, Row, Who } from './types.ts';

/** Every mark; those whose rows are missing or void are neither held nor missed. */
export function marksOf(rows: readonly Row[]): readonly Mark[] {
  const at = new Rows(rows);
  return [
    ...[64, 256].flatMap((clients) => ['create', 'update'].map((write) => writeMark(at, write, clients))),
    ...[64, 256].map((clients) => readMark(at, clients)),
    watchMark(at),
    atMost(at, 3, 'delivery p99 at 1,000 watchers, 100 writes/s', 'delivery/1000', 'ms', 100, 50),
    atMost(at, 4, 'LIST of 10,000 pods, p50', 'list/10000', 'ms', 300, 60),
    atMost(at, 4, 'longest block of the event loop', 'list-block/10000', 'ms', 50, 20),
    atMost(at, 5, 'write gap, leader killed, p50', 'failover/gap', 'ms', 600, 200),
    atMost(at, 6, 'three servers ready', 'start/3', 'ms', 3_000, 1_500),
    atMost(at, 6, 'one server ready', 'start/1', 'ms', 1_200, 600),
    atMost(at, 7, 'whole cluster at rest', 'rest/cpu', '% of a core', 8, 4),
    atMost(at, 7, 'memory of a server process', 'rest/memory', 'MB', 130, 100),
    atMost(at, 7, 'memory per stored object of 1 KiB', 'memory/100000', 'KiB', 6, 3),
    growthMark(at),
  ];
}

class Rows {
  readonly #rows: ReadonlyMap<string, Row>;
  constructor(rows: readonly Row[]) {
    this.#rows = new Map(rows.map((row) => [row.id, row]));
  }
  /** The median of one side; undefined when it was not measured or is void. */
  value(id: string, who: Who = 'quorate', what?: string): number | undefined {
    const row = this.#rows.get(id);
    if (row === undefined || row.voidBecause !== undefined) return undefined;
    return row.sides.find((side) => side.who === who && (what === undefined || side.what === what))?.value.median;
  }
}

function writeMark(at: Rows, write: string, clients: number): Mark {
  const ours = at.value(`${write}/${clients}`);
  const transaction = at.value(`create/${clients}`, 'etcd', 'transaction');
  const bare = at.value(`create/${clients}`, 'etcd', 'bare put');
  const known = ours !== undefined && transaction !== undefined && bare !== undefined;
  return {
    number: 1,
    title: `${write} through REST, ${clients} clients`,
    gate: "1 × etcd's create transaction",
    goal: '2 × it, and 1 × its bare put',
    measured: known
      ? `${figure(ours)}/s: ${figure(ours / transaction)} × transaction, ${figure(ours / bare)} × bare put`
      : 'not measured',
    gateHolds: known ? ours >= transaction : undefined,
    goalHolds: known ? ours >= 2 * transaction && ours >= bare : undefined,
  };
}

function readMark(at: Rows, clients: number): Mark {
  const title = `current get over all servers, ${clients} clients`;
  return ratio(2, title, at.value(`get/${clients}`), at.value(`get/${clients}`, 'etcd'), 1.5, 3);
}

function watchMark(at: Rows): Mark {
  return ratio(3, 'events at 1,000 watchers', at.value('watch/1000'), at.value('watch/1000', 'etcd'), 1, 2);
}

function ratio(
  number: number,
  title: string,
  ours: number | undefined,
  theirs: number | undefined,
  gate: number,
  goal: number,
): Mark {
  const known = ours !== undefined && theirs !== undefined;
  return {
    number,
    title,
    gate: `${gate} × etcd's`,
    goal: `${goal} ×`,
    measured: known ? `${figure(ours)}/s: ${figure(ours / theirs)} ×` : 'not measured',
    gateHolds: known ? ours >= gate * theirs : undefined,
    goalHolds: known ? ours >= goal * theirs : undefined,
  };
}

function atMost(at: Rows, number: number, title: string, id: string, unit: string, gate: number, goal: number): Mark {
  const value = at.value(id);
  return {
    number,
    title,
    gate: `${gate} ${unit}`,
    goal: `${goal} ${unit}`,
    measured: value === undefined ? 'not measured' : `${figure(value)} ${unit}`,
    gateHolds: value === undefined ? undefined : value <= gate,
    goalHolds: value === undefined ? undefined : value <= goal,
  };
}

function growthMark(at: Rows): Mark {
  const [few, many] = [at.value('growth/1000'), at.value('growth/100000')];
  const change = few === undefined || many === undefined ? undefined : (many / few - 1) * 100;
  return {
    number: 8,
    title: 'write throughput from 1,000 to 100,000 objects',
    gate: '−30%',
    goal: '−10%',
    measured: change === undefined ? 'not measured' : `${change > 0 ? '+' : '−'}${figure(Math.abs(change))}%`,
    gateHolds: change === undefined ? undefined : change >= -30,
    goalHolds: change === undefined ? undefined : change >= -10,
  };
}
