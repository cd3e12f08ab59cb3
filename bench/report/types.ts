// What a run of the benchmarks found, as it is kept in JSON: baselines are compared with it, the text and the page are made
// of it. Its form changes with `format` only.

/** The median of several runs, and the runs. */
export interface Spread {
  readonly median: number;
  readonly low: number;
  readonly high: number;
  readonly runs: readonly number[];
}

export type Who = 'quorate' | 'etcd';

/** One system at one row. */
export interface Side {
  readonly who: Who;
  /** What it was asked to do, in its own terms: "transaction", "bare put". */
  readonly what: string;
  readonly value: Spread;
  readonly p50Ms?: Spread;
  readonly p99Ms?: Spread;
  /** The slowest operation. */
  readonly maxMs?: Spread;
  /** Microseconds of processor time for each operation: of all servers, and of the load generator. */
  readonly serverCpuMicros?: Spread;
  readonly clientCpuMicros?: Spread;
  /** Bytes that the servers had written to disks, for each operation. */
  readonly writtenBytes?: Spread;
}

export interface Row {
  /** Unique, and the same in every run: `create/64`. */
  readonly id: string;
  readonly title: string;
  readonly unit: string;
  /** Whether more is better: throughput is, time and memory are not. */
  readonly better: 'more' | 'less';
  readonly sides: readonly Side[];
  /** Set when etcd was more than a fifth below the figures it is known to reach on this kind of machine. */
  readonly voidBecause?: string;
  readonly notes?: readonly string[];
}

/** One promise of this project about its speed. */
export interface Mark {
  readonly number: number;
  readonly title: string;
  readonly gate: string;
  readonly goal: string;
  readonly measured: string;
  /** Undefined: it was not measured in this run, or the run is void. */
  readonly gateHolds: boolean | undefined;
  readonly goalHolds: boolean | undefined;
}

export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly memoryGiB: number;
  readonly kernel: string;
  readonly node: string;
  readonly etcd: string | undefined;
}

export interface Report {
  readonly format: 1;
  readonly startedAt: string;
  readonly commit: string;
  readonly machine: Machine;
  /** Runs behind each median, and seconds of each run. */
  readonly runs: number;
  readonly seconds: number;
  readonly rows: readonly Row[];
  readonly marks: readonly Mark[];
}
