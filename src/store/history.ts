// What happened since the compacted revision: every change in order, and now and then a remembered root of the tree, so
// that any command boundary can be shown again exactly. Revisions are consecutive, so a change is found by counting.
import { assert, defined } from '../lib/index.ts';
import { HISTORY_CACHE_SNAPSHOTS, HISTORY_SEGMENT_CHANGES } from './limits.ts';
import type { Revision } from './port.ts';
import type { Tree, TreeView } from './tree.ts';
import { StoredVersion, type Tombstone } from './version.ts';

/** One write, applied. */
export interface Change {
  readonly version: StoredVersion | Tombstone;
  /** What the key had before. */
  readonly previous: StoredVersion | undefined;
  /** The last revision of its command. */
  readonly boundary: Revision;
}

interface Segment {
  /** The tree before the first change; a segment begins at a command boundary. */
  readonly base: TreeView<StoredVersion>;
  readonly baseRevision: Revision;
  readonly changes: Change[];
}

export class History {
  #segments: Segment[];
  readonly #cache = new Map<Revision, TreeView<StoredVersion>>();
  #supersededBytes = 0;

  constructor(base: TreeView<StoredVersion>, baseRevision: Revision) {
    this.#segments = [{ base, baseRevision, changes: [] }];
  }

  /** Bytes of versions that are kept only for the past. */
  get supersededBytes(): number {
    return this.#supersededBytes;
  }

  /** Takes the changes of one command; `after` shows the tree with them. */
  append(changes: readonly Change[], after: () => TreeView<StoredVersion>): void {
    const segment = defined(this.#segments.at(-1), 'the newest segment');
    for (const change of changes) {
      segment.changes.push(change);
      this.#supersededBytes += change.previous?.record.length ?? 0;
    }
    const baseRevision = (segment.baseRevision + segment.changes.length) as Revision;
    if (segment.changes.length >= HISTORY_SEGMENT_CHANGES) {
      this.#segments.push({ base: after(), baseRevision, changes: [] });
    }
  }

  /** The change with this revision; it must be there. */
  at(revision: Revision): Change {
    const segment = this.#segmentBefore(revision);
    return defined(segment.changes[revision - segment.baseRevision - 1], 'the change of a revision that was kept');
  }

  /** Changes after `from`, in order, up to the first command boundary at or after `limit` of them. */
  *after(from: Revision, current: Revision, limit: number): IterableIterator<Change> {
    let left = limit;
    for (let revision = from + 1; revision <= current; revision++) {
      const change = this.at(revision as Revision);
      yield change;
      left -= 1;
      if (left <= 0 && change.boundary === revision) return;
    }
  }

  /** The tree at a command boundary that was not compacted. */
  view(boundary: Revision): TreeView<StoredVersion> {
    const cached = this.#cache.get(boundary);
    if (cached !== undefined) {
      this.#cache.delete(boundary);
      this.#cache.set(boundary, cached);
      return cached;
    }
    const segment = this.#segmentBefore((boundary + 1) as Revision);
    if (segment.baseRevision === boundary) return segment.base;
    const tree = segment.base.edit();
    for (let i = 0; i < boundary - segment.baseRevision; i++) {
      replay(tree, defined(segment.changes[i], 'a change up to a boundary'));
    }
    const view = tree.freeze();
    this.#cache.set(boundary, view);
    const [oldest] = this.#cache.keys();
    if (this.#cache.size > HISTORY_CACHE_SNAPSHOTS && oldest !== undefined) this.#cache.delete(oldest);
    return view;
  }

  /** Forgets everything up to a boundary, which becomes the oldest state; returns the forgotten changes. */
  compact(boundary: Revision): readonly Change[] {
    const base = this.view(boundary);
    const dropped: Change[] = [];
    while (this.#segments.length > 1 && defined(this.#segments[1], 'a segment').baseRevision <= boundary) {
      dropped.push(...defined(this.#segments.shift(), 'the oldest segment').changes);
    }
    const first = defined(this.#segments[0], 'a segment');
    const cut = boundary - first.baseRevision;
    assert(cut >= 0 && cut <= first.changes.length, 'a compaction ends within the history');
    for (let i = 0; i < cut; i++) dropped.push(defined(first.changes[i], 'a change'));
    this.#segments[0] = { base, baseRevision: boundary, changes: first.changes.slice(cut) };
    for (const change of dropped) this.#supersededBytes -= change.previous?.record.length ?? 0;
    for (const revision of [...this.#cache.keys()]) if (revision < boundary) this.#cache.delete(revision);
    return dropped;
  }

  /** The boundary up to which `bytes` of superseded versions, or more, would be dropped. */
  boundaryToDrop(bytes: number, current: Revision): Revision {
    let dropped = 0;
    const first = defined(this.#segments[0], 'a segment');
    let boundary = first.baseRevision;
    for (const change of this.after(first.baseRevision, current, Number.POSITIVE_INFINITY)) {
      dropped += change.previous?.record.length ?? 0;
      boundary = change.boundary;
      if (dropped >= bytes) break;
    }
    return boundary;
  }

  /** The segment that holds `revision`, or would hold it next. */
  #segmentBefore(revision: Revision): Segment {
    let low = 0;
    let high = this.#segments.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >>> 1;
      if (defined(this.#segments[middle], 'a segment').baseRevision < revision) low = middle;
      else high = middle - 1;
    }
    return defined(this.#segments[low], 'a segment');
  }
}

/** Applies a change to a tree of an older state. */
export function replay(tree: Tree<StoredVersion>, change: Change): void {
  if (change.version instanceof StoredVersion) tree.set(change.version);
  else tree.delete(change.version.key);
}
