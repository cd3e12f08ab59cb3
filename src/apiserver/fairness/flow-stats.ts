// What has become of the requests of each flow schema at each priority level: plain numbers that cost a request next to nothing;
// metrics.ts shows them when somebody looks.

/** Why a request was refused, in the words of Kubernetes' metrics. */
export type Refusal = 'queue-full' | 'concurrency-limit' | 'time-out' | 'cancelled';

export interface FlowStats {
  readonly level: string;
  readonly schema: string;
  dispatched: number;
  readonly refused: Record<Refusal, number>;
  executing: number;
  executingSeats: number;
  waiting: number;
  waitingSeats: number;
}

/** They outlive any configuration: a counter that began anew would be taken for a restart. */
export class FlowStatsTable {
  readonly #rows = new Map<string, FlowStats>();

  of(level: string, schema: string): FlowStats {
    const key = `${level}/${schema}`;
    const known = this.#rows.get(key);
    if (known !== undefined) return known;
    const made: FlowStats = {
      level,
      schema,
      dispatched: 0,
      refused: { 'queue-full': 0, 'concurrency-limit': 0, 'time-out': 0, cancelled: 0 },
      executing: 0,
      executingSeats: 0,
      waiting: 0,
      waitingSeats: 0,
    };
    this.#rows.set(key, made);
    return made;
  }

  rows(): Iterable<FlowStats> {
    return this.#rows.values();
  }
}
