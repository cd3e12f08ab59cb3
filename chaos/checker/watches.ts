// What watchers were told, against each other and against what clients were answered: every event once, in order, without
// gaps, the same for all; and the order of events is one that explains every acknowledged write and list.
import { defined } from '../../src/lib/index.ts';
import { isRegisterWrite, type Operation, type Version } from '../history/operation.ts';

export interface Event {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED';
  readonly key: string;
  readonly revision: number;
  readonly value: string;
}

/** What is wrong, in words; empty when nothing is. `upTo`: the revision that every watcher has reached. */
export function checkWatches(
  history: readonly Operation[],
  watches: readonly (readonly Event[])[],
  upTo: number,
): readonly string[] {
  const cut = watches.map((events) => events.filter((event) => event.revision <= upTo));
  const events = cut.reduce((longest, list) => (list.length > longest.length ? list : longest), []);
  return [
    ...cut.flatMap(disorder),
    ...cut.flatMap((list, i) => differences(events, list, i)),
    ...strangeEvents(history, events),
    ...missingWrites(history, events, upTo),
    ...wrongLists(history, events),
    ...wrongOrder(history),
  ];
}

function disorder(events: readonly Event[], watcher: number): string[] {
  return events.flatMap((event, i) => {
    const before = events[i - 1];
    if (before === undefined || before.revision < event.revision) return [];
    return [`watcher ${watcher}: revision ${event.revision} (${event.key}) came after ${before.revision}`];
  });
}

function differences(all: readonly Event[], events: readonly Event[], watcher: number): string[] {
  const told = new Set(events.map(eventText));
  const known = new Set(all.map(eventText));
  return [
    ...all
      .filter((event) => !told.has(eventText(event)))
      .map((event) => `watcher ${watcher} missed ${eventText(event)}`),
    ...events
      .filter((event) => !known.has(eventText(event)))
      .map((event) => `watcher ${watcher} alone was told ${eventText(event)}`),
  ];
}

function eventText({ type, key, revision, value }: Event): string {
  return `${revision} ${type} ${key} = ${value}`;
}

/** Events of values that nobody asked for, or whose request was refused; and events that do not fit what was there. */
function strangeEvents(history: readonly Operation[], events: readonly Event[]): string[] {
  const possible = new Set<string>();
  for (const operation of history)
    if (operation.outcome !== 'failed' && operation.argument !== null)
      possible.add(`${operation.key} ${operation.argument.value}`);
  const there = new Set<string>();
  return events.flatMap((event) => {
    const fits = event.type === 'ADDED' ? !there.has(event.key) : there.has(event.key);
    if (event.type === 'DELETED') there.delete(event.key);
    else there.add(event.key);
    if (!fits) return [`out of place: ${eventText(event)}`];
    return possible.has(`${event.key} ${event.value}`) ? [] : [`nobody's write: ${eventText(event)}`];
  });
}

/** Acknowledged writes that no event tells of, with their revision. */
function missingWrites(history: readonly Operation[], events: readonly Event[], upTo: number): string[] {
  const byRevision = new Map(events.map((event) => [event.revision, event]));
  return history.flatMap((operation) => {
    const revision = writtenRevision(operation);
    if (revision === undefined || revision > upTo || !isRegisterWrite(operation)) return [];
    const event = byRevision.get(revision);
    const isIt = event?.key === operation.key && event.value === operation.argument?.value && event.type !== 'DELETED';
    return isIt ? [] : [`acknowledged, but no event: ${operation.type} ${operation.key} at ${revision}`];
  });
}

/** The revision of an acknowledged write, a family's among them. */
function writtenRevision({ type, outcome, result }: Operation): number | undefined {
  if (outcome !== 'ok' || result === null || type === 'read' || type === 'list' || type === 'parts') return undefined;
  return result.revision;
}

/** As of one revision, which is not before what was acknowledged. */
function isListing({ type }: Operation): boolean {
  return type === 'list' || type === 'parts';
}

type List = Extract<Operation, { readonly type: 'list' }>;

/** Lists that are not what the events had made by their revision. */
function wrongLists(history: readonly Operation[], events: readonly Event[]): string[] {
  const lists = history
    .filter((operation): operation is List => operation.type === 'list' && operation.outcome === 'ok')
    .sort((a, b) => (a.result?.revision ?? 0) - (b.result?.revision ?? 0));
  const last = events.at(-1)?.revision ?? 0;
  const present = new Map<string, Required<Version>>();
  let position = 0;
  return lists.flatMap((list) => {
    const { revision, items } = defined(list.result, 'the result of a list');
    if (revision > last) return [];
    for (let event = events[position]; event !== undefined && event.revision <= revision; event = events[++position]) {
      if (event.type === 'DELETED') present.delete(event.key);
      else present.set(event.key, { value: event.value, revision: event.revision });
    }
    const expected = [...present]
      .filter(([key]) => key.startsWith(list.key))
      .map(([key, v]) => `${key} ${v.revision} ${v.value}`);
    const found = Object.entries(items).map(([key, v]) => `${key} ${v.revision} ${v.value}`);
    const same = expected.sort().join('\n') === found.sort().join('\n');
    return same
      ? []
      : [`the list of ${list.key} at ${revision} has ${found.length} items, and should have ${expected.length}`];
  });
}

/** Real time: what began after a write had been acknowledged has a later revision; a list, the same or a later one. */
function wrongOrder(history: readonly Operation[]): string[] {
  const writes = history.filter((operation) => writtenRevision(operation) !== undefined);
  const byEnd = [...writes].sort((a, b) => a.end - b.end);
  const later = history
    .filter(
      (operation) => operation.outcome === 'ok' && (isListing(operation) || writtenRevision(operation) !== undefined),
    )
    .sort((a, b) => a.start - b.start);
  let newest = 0;
  let position = 0;
  return later.flatMap((operation) => {
    for (let write = byEnd[position]; write !== undefined && write.end < operation.start; write = byEnd[++position])
      newest = Math.max(newest, writtenRevision(write) ?? 0);
    const revision = operation.result?.revision ?? 0;
    const good = isListing(operation) ? revision >= newest : revision > newest;
    return good ? [] : [`${operation.type} ${operation.key} at ${revision} began after ${newest} was acknowledged`];
  });
}
