// Where a local cluster keeps its things: one data directory holds everything, and removing it removes the cluster.
import { join } from 'node:path';

/** The paths below a data directory. */
export interface Layout {
  readonly root: string;
  /** What the cluster is: id, sizes, ports (cluster.json). */
  readonly clusterFile: string;
  readonly kubeconfig: string;
  /** There while `quorate recover` moves things: what it was about. */
  readonly recoveryFile: string;
  /** Keys and certificates; readable by the owner only. */
  readonly pki: string;
  /** Process records of this run: pid and start time of each process. */
  readonly run: string;
  readonly logs: string;
  /** Static bearer tokens (tokens.json). */
  readonly tokensFile: string;
  /** The folders of all members, by name. */
  readonly members: string;
  /** What members that are gone have left, as <id>-<time>. Nothing here is ever read or deleted. */
  readonly removed: string;
  /** A server's or worker's own folder. */
  member(name: string): string;
  configFile(name: string): string;
  logFile(name: string): string;
  processFile(name: string): string;
  certificate(name: string): CertificatePaths;
}

export interface CertificatePaths {
  readonly cert: string;
  readonly key: string;
}

/** The layout of a data directory; touches nothing. */
export function layoutOf(root: string): Layout {
  const pki = join(root, 'pki');
  const run = join(root, 'run');
  const logs = join(root, 'logs');
  return {
    root,
    clusterFile: join(root, 'cluster.json'),
    kubeconfig: join(root, 'kubeconfig'),
    recoveryFile: join(root, 'recovery.json'),
    pki,
    run,
    logs,
    members: join(root, 'members'),
    removed: join(root, 'removed'),
    tokensFile: join(pki, 'tokens.json'),
    member: (name) => join(root, 'members', name),
    configFile: (name) => join(root, 'members', name, 'config.json'),
    logFile: (name) => join(logs, `${name}.log`),
    processFile: (name) => join(run, `${name}.json`),
    certificate: (name) => ({ cert: join(pki, `${name}.crt`), key: join(pki, `${name}.key`) }),
  };
}
