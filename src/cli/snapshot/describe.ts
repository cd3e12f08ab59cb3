// What `snapshot` tells: of archives, and how far one is.
import type { Archive } from '../../store/index.ts';
import { coloursFor, table } from '../output.ts';
import { type Contents, contentsOf } from './contents.ts';
import { parseManifest, type SnapshotManifest } from './manifest.ts';

/** The shape of --output json: a contract with scripts. */
export interface SnapshotSummary {
  readonly file: string;
  readonly bytes: number;
  /** SHA-256, hexadecimal. */
  readonly digest: string;
  readonly createdAt: string;
  readonly clusterId: string;
  readonly servers: readonly string[];
  readonly workers: number;
  readonly source: SnapshotManifest['source'];
  readonly revision: number;
  readonly compactedRevision: number;
  readonly appliedIndex: number;
  readonly featureLevel: number;
  readonly stateHash: string;
  readonly objects: Contents['objects'];
  readonly byResource: Contents['byResource'];
  readonly history: Contents['history'];
}

/** Decodes every object on the way. Throws UserError. */
export function summaryOf(file: string, archive: Archive): SnapshotSummary {
  const { createdAt, cluster, source, featureLevel } = parseManifest(archive.manifest);
  const { machine, bytes, digest, appliedIndex } = archive;
  return {
    file,
    bytes,
    digest,
    createdAt,
    clusterId: cluster.clusterId,
    servers: cluster.servers.map((server) => server.id),
    workers: cluster.workers.length,
    source,
    revision: machine.revision,
    compactedRevision: machine.compactedRevision,
    appliedIndex,
    featureLevel,
    stateHash: machine.stateHash(),
    ...contentsOf(machine),
  };
}

export function summaryText(title: string, summary: SnapshotSummary): string {
  const { bold, green } = coloursFor(process.stdout);
  const { source } = summary;
  const rows = [
    ['file', `${summary.file} (${summary.bytes} bytes)`],
    ['created', summary.createdAt],
    ['cluster', `${summary.clusterId}, ${summary.servers.length} servers (${summary.servers.join(', ')})`],
    ['source', source.kind === 'server' ? `${source.id}, running` : `${source.id}'s data directory`],
    ['revision', `${summary.revision} (compacted up to ${summary.compactedRevision}), entry ${summary.appliedIndex}`],
    ['objects', `${summary.objects}, and ${summary.history} changes of their history`],
    ['state hash', summary.stateHash],
    ['sha-256', summary.digest],
  ];
  const resources = Object.entries(summary.byResource).map(([resource, count]) => [resource, String(count)]);
  return [
    green(bold(title)),
    '',
    table(
      rows.map(([name = '', value = '']) => [name, value]),
      '  ',
    ),
    '',
    table(resources, '  '),
    '',
    'It holds secrets: the keys of the authority, of tokens and of the administrator, and every Secret. Keep it like a key.',
    '',
  ].join('\n');
}

export function printSummary(title: string, summary: SnapshotSummary, output: 'text' | 'json'): void {
  process.stdout.write(output === 'json' ? `${JSON.stringify(summary)}\n` : summaryText(title, summary));
}

/** One line on a terminal that is written over; nothing elsewhere. */
export class ProgressLine {
  readonly #stream: NodeJS.WriteStream;
  #shown = false;

  constructor(stream: NodeJS.WriteStream = process.stderr) {
    this.#stream = stream;
  }

  show(text: string): void {
    if (this.#stream.isTTY !== true) return;
    this.#stream.write(`\r\u001b[K… ${text}`);
    this.#shown = true;
  }

  clear(): void {
    if (this.#shown) this.#stream.write('\r\u001b[K');
    this.#shown = false;
  }
}
