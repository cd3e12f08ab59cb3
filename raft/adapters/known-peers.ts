// Which log each peer had when it was met first. A peer that comes back with another one has lost what it had promised
// (its votes, its acknowledged entries), so it is not let in under its old id (house.md, decision 10),
// unless it knows what it had promised, and makes good what it had acknowledged (raft/core/repair.ts).
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { crc32 } from 'node:zlib';
import { codeOf, type Logger, messageOf } from '../../src/lib/index.ts';
import type { NodeId } from '../node/index.ts';
import { nodeDisk } from './node-disk.ts';

const FILE = 'peers';
const DRAFT = 'peers.draft';

/** The peers that the member of a data directory has met; none when the list is missing or unreadable. */
export function knownPeersOf(directory: string, logger: Logger): readonly string[] {
  return new KnownPeers(directory, logger).known;
}

/** Survives restarts of this member, in a small file of its data directory. */
export class KnownPeers {
  private readonly directory: string;
  private readonly logger: Logger;
  private readonly incarnations: Map<string, string>;

  constructor(directory: string, logger: Logger) {
    this.directory = directory;
    this.logger = logger;
    this.incarnations = this.load();
  }

  get known(): readonly string[] {
    return [...this.incarnations.keys()];
  }

  /**
   * Remembers the log of a peer that is met for the first time, or whose log took the place of the known one after damage: who
   * can name that one has its identity still, and its promises. Returns why a peer is not the one that was met.
   */
  objectionTo(peer: NodeId, incarnation: string, former: readonly string[]): string | undefined {
    const known = this.incarnations.get(peer);
    if (known === incarnation) return undefined;
    if (known !== undefined && !former.includes(known))
      return `${peer} lost its log and made a new one: replace it (quorate member remove ${peer}, then quorate member add)`;
    this.incarnations.set(peer, incarnation);
    this.save();
    return undefined;
  }

  /** Removed members do not come back, so nothing is remembered of them. */
  forget(removed: readonly NodeId[]): void {
    const forgotten = removed.filter((peer) => this.incarnations.delete(peer));
    if (forgotten.length > 0) this.save();
  }

  private load(): Map<string, string> {
    let text: string;
    try {
      text = readFileSync(join(this.directory, FILE), 'utf8');
    } catch (error) {
      if (codeOf(error) === 'ENOENT') return new Map();
      throw error;
    }
    try {
      const outer: unknown = JSON.parse(text);
      if (!Array.isArray(outer)) throw new Error('it is no list');
      const [body, checksum]: readonly unknown[] = outer;
      if (typeof body !== 'string' || crc32(body) !== checksum) throw new Error('its checksum does not match');
      const pairs: unknown = JSON.parse(body);
      return new Map(Object.entries(pairs ?? {}).filter((pair) => typeof pair[1] === 'string'));
    } catch (error) {
      this.logger.warn({ trouble: messageOf(error) }, 'the list of known peers is unreadable: peers are met anew');
      return new Map();
    }
  }

  private save(): void {
    const body = JSON.stringify(Object.fromEntries(this.incarnations));
    const disk = nodeDisk(this.directory);
    if (disk.list().includes(DRAFT)) disk.remove(DRAFT);
    const file = disk.open(DRAFT, 'create');
    file.write(0, Buffer.from(`${JSON.stringify([body, crc32(body)])}\n`, 'utf8'));
    file.sync();
    file.close();
    disk.rename(DRAFT, FILE);
    disk.syncDirectory();
  }
}
