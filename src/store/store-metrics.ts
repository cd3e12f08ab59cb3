// The store's figures for /metrics: read when asked for, so that they cost nothing between.
import { Gauge, type Registry } from '../lib/index.ts';

export interface MeasuredStore {
  readonly revision: () => number;
  readonly objects: () => number;
  readonly supersededBytes: () => number;
  readonly watches: () => number;
  readonly pendingCommits: () => number;
  readonly unwrittenBytes: () => number;
  readonly featureLevel: () => number;
}

export function registerStoreMetrics(registry: Registry, store: MeasuredStore): void {
  const gauge = (name: string, help: string, read: () => number): void => {
    new Gauge({
      name: `quorate_store_${name}`,
      help,
      registers: [registry],
      collect() {
        this.set(read());
      },
    });
  };
  gauge('revision', 'The newest revision applied here.', store.revision);
  gauge('objects', 'Objects stored, internal records included.', store.objects);
  gauge(
    'superseded_bytes',
    'Bytes of older versions that are kept for reads and watches of the past.',
    store.supersededBytes,
  );
  gauge('watches', 'Watches that are open.', store.watches);
  gauge('pending_commits', 'Commits accepted here whose outcome is not known yet.', store.pendingCommits);
  gauge('unwritten_bytes', 'Applied changes that the state database has not taken yet.', store.unwrittenBytes);
  gauge('feature_level', 'The newest commands that every member knows.', store.featureLevel);
}
