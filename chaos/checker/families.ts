// Whether commands that write several objects are seen as a whole or not at all: by lists as of one revision, and by watchers
// of each kind of object. A family's parts have consecutive revisions, and no answer is as of a revision between them. Pure.
import { type Operation, PARTS, type Part } from '../history/operation.ts';

/** A part of a family, as its watcher was told. */
export interface PartEvent {
  readonly part: Part;
  readonly family: string;
  readonly revision: number;
}

/** What is wrong, in words; empty when nothing is. `upTo`: the revision that the watchers of all parts have reached. */
export function checkFamilies(
  history: readonly Operation[],
  events: readonly PartEvent[],
  upTo: number,
): readonly string[] {
  const told = revisionsByFamily(events);
  const inside = new Set([...told.values()].flatMap((parts) => insideOf([...parts.values()])));
  return [
    ...[...told].flatMap(([family, parts]) => watchTrouble(family, parts, upTo)),
    ...history.flatMap((operation) => {
      if (operation.outcome !== 'ok') return [];
      if (operation.type === 'compose') return composeTrouble(operation, told.get(operation.key), upTo);
      if (operation.type !== 'parts' && operation.type !== 'list') return [];
      const revision = operation.result?.revision ?? 0;
      const between = inside.has(revision)
        ? [`${operation.type} ${operation.key} is as of ${revision}, within a command`]
        : [];
      return operation.type === 'parts' ? [...between, ...partsTrouble(operation, told.get(operation.key))] : between;
    }),
  ];
}

type Revisions = ReadonlyMap<Part, number>;

function revisionsByFamily(events: readonly PartEvent[]): ReadonlyMap<string, Revisions> {
  const families = new Map<string, Map<Part, number>>();
  for (const { family, part, revision } of events) {
    const parts = families.get(family) ?? new Map<Part, number>();
    families.set(family, parts.set(part, revision));
  }
  return families;
}

/** Revisions at which a part of it is there, and not all. */
function insideOf(revisions: readonly number[]): readonly number[] {
  const first = Math.min(...revisions);
  return Array.from({ length: Math.max(...revisions) - first }, (_, i) => first + i);
}

function watchTrouble(family: string, parts: Revisions, upTo: number): readonly string[] {
  const first = Math.min(...parts.values());
  if (first + PARTS.length - 1 > upTo) return [];
  const isWhole = PARTS.every((part, i) => parts.get(part) === first + i);
  return isWhole ? [] : [`watchers were told of ${family}: ${partsText(parts)}`];
}

function composeTrouble({ key, result }: Operation & { type: 'compose' }, told: Revisions | undefined, upTo: number) {
  const revision = result?.revision ?? 0;
  if (revision + PARTS.length - 1 > upTo || told?.get('namespace') === revision) return [];
  return [`acknowledged, but no event: compose ${key} at ${revision}`];
}

function partsTrouble({ key, result }: Operation & { type: 'parts' }, told: Revisions | undefined): readonly string[] {
  const found = new Map(
    PARTS.flatMap((part) => {
      const revision = result?.items[part]?.revision;
      return revision === undefined ? [] : [[part, revision] as const];
    }),
  );
  const at = result?.revision ?? 0;
  if (found.size === 0) {
    const last = Math.max(...(told?.values() ?? [Number.POSITIVE_INFINITY]));
    return at < last ? [] : [`nothing of ${key} at ${at}, but it was there: ${partsText(told ?? new Map())}`];
  }
  const first = Math.min(...found.values());
  const isWhole = PARTS.every((part, i) => found.get(part) === first + i) && at >= first + PARTS.length - 1;
  const isSame =
    told === undefined || PARTS.every((part) => told.get(part) === undefined || told.get(part) === found.get(part));
  return isWhole && isSame ? [] : [`a part of ${key} at ${at}: ${partsText(found)}`];
}

function partsText(parts: Revisions): string {
  return PARTS.map((part) => `${part} ${parts.get(part) ?? '-'}`).join(', ');
}
