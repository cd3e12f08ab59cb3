// What watchers must be told, derived from what writers were answered, and from nothing else: an independent replay. Pure.
//
// Every key has one writer, which writes one change after the other and never touches the key again once an outcome is unknown;
// what became of that last change is seen in the end. Deletions are answered without their revision: the watchers of everything
// must agree on one, and the comparison then holds everybody to it.

export interface Change {
  readonly kind: 'put' | 'delete';
  /** As acknowledged; of a deletion, undefined. */
  readonly revision: number | undefined;
  /** The label by which watchers select; of a deletion, that of the object. */
  readonly shade: string;
  readonly value: string;
}

/** What happened to one object, in order. */
export interface KeyHistory {
  readonly namespace: string;
  readonly name: string;
  readonly changes: readonly Change[];
}

/** What a watcher asks for; undefined: everything. */
export interface Interest {
  readonly namespace: string | undefined;
  readonly shades: readonly string[] | undefined;
}

export interface Expected {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED';
  readonly key: string;
  readonly revision: number;
  readonly value: string;
}

/** A watcher was told that its past is compacted, and began again after a list: what lies between it need not have seen. */
export interface Jump {
  readonly after: number;
  readonly upTo: number;
}

/** What one watcher was told. The arrays are parallel. */
export interface Told {
  readonly revisions: readonly number[];
  readonly digests: readonly number[];
}

export function keyOf({ namespace, name }: Pick<KeyHistory, 'namespace' | 'name'>): string {
  return `${namespace}/${name}`;
}

/** The events of an interest, in the order of revisions. `deletionOf` answers the revision of a key's only deletion. */
export function expectedEvents(
  histories: readonly KeyHistory[],
  interest: Interest,
  deletionOf: (key: string) => number | undefined,
): readonly Expected[] {
  const events: Expected[] = [];
  for (const history of histories) {
    if (interest.namespace !== undefined && history.namespace !== interest.namespace) continue;
    const key = keyOf(history);
    let before: Change | undefined;
    for (const change of history.changes) {
      const was = before !== undefined && isWanted(interest, before.shade);
      const is = change.kind === 'put' && isWanted(interest, change.shade);
      const revision = change.revision ?? deletionOf(key) ?? Number.POSITIVE_INFINITY;
      if (is) events.push({ type: was ? 'MODIFIED' : 'ADDED', key, revision, value: change.value });
      else if (was) events.push({ type: 'DELETED', key, revision, value: before?.value ?? '' });
      before = change.kind === 'put' ? change : undefined;
    }
  }
  return events.sort((a, b) => a.revision - b.revision);
}

function isWanted({ shades }: Interest, shade: string): boolean {
  return shades === undefined || shades.includes(shade);
}

/** FNV-1a over what an event says: a million of them are kept as numbers. */
export function digestOf({ type, key, value }: Omit<Expected, 'revision'>): number {
  let hash = 0x811c9dc5;
  for (const text of [type, key, value]) {
    for (let i = 0; i < text.length; i += 1) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
    hash = Math.imul(hash ^ 0xff, 0x01000193);
  }
  return hash >>> 0;
}

/** What is wrong with what a watcher was told, in words; the first few of it. */
export function differences(
  expected: readonly Expected[],
  told: Told,
  from: number,
  jumps: readonly Jump[],
): readonly string[] {
  const wanted = expected.filter(
    ({ revision }) => revision > from && !jumps.some(({ after, upTo }) => revision > after && revision <= upTo),
  );
  const found: string[] = [];
  let position = 0;
  for (const [i, revision] of told.revisions.entries()) {
    const previous = told.revisions[i - 1];
    if (previous !== undefined && revision <= previous) found.push(`revision ${revision} came after ${previous}`);
    for (let next = wanted[position]; next !== undefined && next.revision < revision; next = wanted[position]) {
      found.push(`missing: ${eventText(next)}`);
      position += 1;
    }
    const next = wanted[position];
    if (next?.revision !== revision) found.push(`unexpected or repeated: revision ${revision}`);
    else {
      if (digestOf(next) !== told.digests[i]) found.push(`told otherwise: ${eventText(next)}`);
      position += 1;
    }
  }
  found.push(...wanted.slice(position).map((event) => `missing: ${eventText(event)}`));
  return found;
}

function eventText({ type, key, revision, value }: Expected): string {
  return `${type} ${key} at ${revision} (${value})`;
}
