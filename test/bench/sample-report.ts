// A small report with all that one may hold: two systems at several rows, one of them void, rows that only quorate has,
// and marks that hold, are missed and were not judged.
import { spreadOf } from '../../bench/report/spread.ts';
import type { Mark, Report, Row, Side } from '../../bench/report/types.ts';

export function side(who: Side['who'], what: string, runs: readonly number[], more: Partial<Side> = {}): Side {
  return { who, what, value: spreadOf(runs), ...more };
}

export function row(id: string, sides: readonly Side[], more: Partial<Row> = {}): Row {
  return { id, title: `title of ${id}`, unit: 'ops/s', better: 'more', sides, ...more };
}

function mark(number: number, title: string, measured: string, holds: readonly (boolean | undefined)[]): Mark {
  const [gateHolds, goalHolds] = holds;
  return { number, title, gate: `gate ${number}`, goal: `goal ${number}`, measured, gateHolds, goalHolds };
}

function create(clients: number, quorate: readonly number[], txn: readonly number[], put: readonly number[]): Row {
  return row(`create/${clients}`, [
    side('quorate', '', quorate, {
      p50Ms: spreadOf([clients / 6]),
      p99Ms: spreadOf([clients / 2]),
      maxMs: spreadOf([clients, clients * 2]),
      serverCpuMicros: spreadOf([412]),
      clientCpuMicros: spreadOf([51]),
      writtenBytes: spreadOf([4_800]),
    }),
    side('etcd', 'transaction', txn, { p50Ms: spreadOf([clients / 4]), p99Ms: spreadOf([clients]) }),
    side('etcd', 'bare put', put),
  ]);
}

export function sampleReport(more: Partial<Report> = {}): Report {
  return {
    format: 1,
    startedAt: '2026-11-26T09:00:00.000Z',
    commit: 'abc1234',
    machine: { cpu: 'A CPU', cores: 2, memoryGiB: 8, kernel: '6.1.0', node: '20.20.0', etcd: '3.4.23' },
    runs: 3,
    seconds: 5,
    rows: [
      create(1, [410, 432, 455], [505, 520, 560], [640, 655, 690]),
      create(16, [2_120, 2_210, 2_260], [1_700, 1_900, 1_950], [2_900, 3_010, 3_110]),
      create(64, [4_300, 4_550, 4_610], [2_800, 2_990, 3_050], [5_300, 5_700, 5_750]),
      create(256, [5_100, 5_900, 6_300], [3_500, 3_690, 3_720], [8_200, 9_310, 9_400]),
      row('get/64', [side('quorate', 'current', [21_000, 24_500, 25_000]), side('etcd', 'linearizable', [7_100])]),
      row('get/cached/64', [side('quorate', 'cached', [36_000, 36_900]), side('etcd', 'serializable', [5_000])], {
        voidBecause: 'etcd reached 5,000/s, known are 7,800/s',
      }),
      row('memory/idle', [side('quorate', '', [131, 133]), side('etcd', '', [26])], { unit: 'MiB', better: 'less' }),
      row('memory/object', [side('quorate', '', [3.4, 3.5])], { unit: 'KiB', better: 'less' }),
      row('gap', [side('quorate', '', [0.31, 0.35, 0.9]), side('etcd', '', [1.8])], {
        unit: 's',
        better: 'less',
        notes: ['the leader is killed with -9'],
      }),
    ],
    marks: [
      mark(1, 'create and update through REST', '1.52 × transaction, 0.80 × bare put', [true, false]),
      mark(2, 'current get over all servers', '2.9 ×', [true, true]),
      mark(5, 'write gap at living servers', '650 ms', [false, false]),
      mark(7, 'at rest', 'not in this run', [undefined, undefined]),
    ],
    ...more,
  };
}
