// What an archive says of the cluster that it was made of, apart from the state itself.
import type { Topology } from '../../../cluster/index.ts';
import { UserError } from '../../lib/index.ts';
import { FEATURE_LEVEL } from '../../store/index.ts';

export interface SnapshotManifest {
  readonly formatVersion: 1;
  /** RFC 3339. */
  readonly createdAt: string;
  /** The newest commands that the software which wrote it knows. */
  readonly featureLevel: number;
  /** As cluster.json had it: id, sizes, ports, members. */
  readonly cluster: Topology;
  readonly source: SnapshotSource;
}

export type SnapshotSource =
  | { readonly kind: 'server'; readonly id: string }
  /** Entries of the log after the state database: included, whether they were committed or not. */
  | { readonly kind: 'dataDirectory'; readonly id: string; readonly entriesAfterState: number };

export function makeManifest(cluster: Topology, source: SnapshotSource, nowMs: number): SnapshotManifest {
  const createdAt = new Date(nowMs).toISOString();
  return { formatVersion: 1, createdAt, featureLevel: FEATURE_LEVEL, cluster, source };
}

/** Throws UserError for what is not one, or of newer software. */
export function parseManifest(value: unknown): SnapshotManifest {
  const manifest = value as Partial<SnapshotManifest> | null;
  const isManifest =
    typeof manifest === 'object' &&
    manifest?.formatVersion === 1 &&
    typeof manifest.cluster?.clusterId === 'string' &&
    Array.isArray(manifest.cluster.servers) &&
    Array.isArray(manifest.cluster.workers);
  if (!isManifest) throw new UserError('its manifest is not of format 1', 'Use the version of quorate that wrote it.');
  const { featureLevel = 0 } = manifest;
  if (featureLevel > FEATURE_LEVEL)
    throw new UserError(
      `it was written by a newer version (feature level ${featureLevel}, and this one has ${FEATURE_LEVEL})`,
      'Use the version of quorate that wrote it, or a newer one.',
    );
  return manifest as SnapshotManifest;
}
