// Server-side apply as its specification tells it (KEP-555; "Server-Side Apply" in the Kubernetes documentation), in the plainest way:
// who owns which paths is a table, and every write works it out anew from the whole objects. The library is held against this.
import { type ApiSchema, cloneJson, isJsonObject, type Json, type JsonObject } from '../../../../src/api/index.ts';
import { asInGo, type Kind, rootKind } from './kinds.ts';
import { difference, intersection, isWithin, type Paths, printPath, union } from './paths.ts';
import { compare, type Difference, fieldsOf, merge, remove, withoutNulls, withStructs } from './walks.ts';

/** Who writes: what names an entry of managedFields. */
export interface Writer {
  readonly manager: string;
  readonly operation: 'Apply' | 'Update';
  readonly apiVersion: string;
  readonly subresource: string;
}

/** Somebody else owns a field that a configuration changes. */
export interface Conflict {
  readonly owner: Writer;
  readonly path: string;
}

export type Owners = ReadonlyMap<string, { readonly writer: Writer; readonly paths: Paths }>;

/** An object and its owners. */
export interface Owned {
  readonly object: JsonObject;
  readonly owners: Owners;
}

/** The kind under test: its type, and which fields a write through a subresource never touches (the strategies' reset fields). */
export interface Subject {
  readonly schema: ApiSchema;
  readonly typeName: string;
  readonly ignored: (subresource: string) => readonly string[];
}

/** Nobody owns what the server itself sets, or what identifies the object. */
const NEVER_OWNED = new Set([
  'f:apiVersion',
  'f:kind',
  'f:metadata',
  ...['name', 'namespace', 'creationTimestamp', 'selfLink', 'uid', 'clusterName', 'generation'].map(ofMetadata),
  ...['managedFields', 'resourceVersion'].map(ofMetadata),
]);

function ofMetadata(name: string): string {
  return `f:metadata\tf:${name}`;
}

export function writerKey({ manager, operation, apiVersion, subresource }: Writer): string {
  return `${manager} ${operation} ${apiVersion}${subresource === '' ? '' : ` ${subresource}`}`;
}

/** How a conflict is told. */
export function printConflict({ owner, path }: Conflict): string {
  const subresource = owner.subresource === '' ? '' : ` with subresource "${owner.subresource}"`;
  const version = owner.operation === 'Update' ? ` using ${owner.apiVersion}` : '';
  return `conflict with "${owner.manager}"${subresource}${version}: ${printPath(path)}`;
}

/** After a write that is no apply. `reset`: its managedFields were `[]` or `[{}]`. */
export function updated(
  subject: Subject,
  live: Owned | undefined,
  object: JsonObject,
  writer: Writer,
  reset: boolean,
): Owned {
  const owners: Owners = reset && writer.subresource === '' ? new Map() : (live?.owners ?? new Map());
  // What was never tracked is not begun to be by an update.
  if (live !== undefined && owners.size === 0) return { object, owners };
  return { object, owners: tracked(subject, live?.object, object, owners, writer) };
}

/** The writer owns what it changed; what it removed is nobody's. */
function tracked(
  subject: Subject,
  before: JsonObject | undefined,
  after: JsonObject,
  owners: Owners,
  writer: Writer,
): Owners {
  const { added, modified, removed } = differenceOf(subject, inGo(subject, before ?? {}), inGo(subject, after), writer);
  const changed = union(added, modified);
  const left = withoutPaths(owners, union(changed, removed));
  const own = difference(changed, NEVER_OWNED);
  if (own.size === 0) return left;
  return with_(left, writer, union(left.get(writerKey(writer))?.paths ?? new Set(), own));
}

/** Answers the conflicts instead where there are any, unless `force`. */
export function applied(
  subject: Subject,
  live: Owned | undefined,
  configuration: JsonObject,
  writer: Writer,
  force: boolean,
): Owned | readonly Conflict[] {
  const kind = rootKindOf(subject);
  const before = inGo(subject, live?.object ?? {});
  const isUntracked = live !== undefined && live.owners.size === 0;
  const owners: Owners = isUntracked ? beforeFirstApply(subject, live, writer) : (live?.owners ?? new Map());
  const own = notIgnored(subject, fieldsOf(subject.schema, kind, configuration), writer);
  const merged = merge(subject.schema, kind, before, configuration);
  const others = [...owners.values()].filter(({ writer: owner }) => writerKey(owner) !== writerKey(writer));

  // What the writer applied before and does not apply any more goes, unless somebody owns it still.
  const named = (paths: Paths): Paths => withStructs(subject.schema, kind, paths);
  const last = owners.get(writerKey(writer))?.paths ?? new Set();
  const owned = union(own, ...others.map(({ paths }) => paths));
  const present = fieldsOf(subject.schema, kind, merged);
  const gone = intersection(difference(named(last), named(owned)), named(present));
  const after = remove(subject.schema, kind, merged, gone);

  const { added, modified, removed } = differenceOf(subject, before, after, writer);
  const changed = union(added, modified);
  const conflicts = others.flatMap(({ writer: owner, paths }) =>
    [...intersection(paths, changed)].map((path): Conflict => ({ owner, path })),
  );
  if (conflicts.length > 0 && !force) return conflicts;
  const left = withoutPaths(new Map(others.map((entry) => [writerKey(entry.writer), entry])), union(changed, removed));
  const object = withoutNulls(after);
  return {
    object: isJsonObject(object) ? object : {},
    owners: with_(left, writer, difference(own, NEVER_OWNED)),
  };
}

/** An object that nobody tracked has all of it owned by `before-first-apply` once it is applied to. */
function beforeFirstApply(subject: Subject, live: Owned, { apiVersion, subresource }: Writer): Owners {
  const writer: Writer = { manager: 'before-first-apply', operation: 'Update', apiVersion, subresource };
  return tracked(subject, undefined, live.object, new Map(), writer);
}

function rootKindOf({ schema, typeName }: Subject): Kind {
  return rootKind(schema, typeName);
}

/** Objects in the form in which they are compared with each other. */
export function inGo(subject: Subject, object: JsonObject): Json {
  return asInGo(subject.schema, rootKindOf(subject), cloneJson(object));
}

function differenceOf(subject: Subject, before: Json, after: Json, writer: Writer): Difference {
  const { added, modified, removed } = compare(subject.schema, rootKindOf(subject), before, after);
  const seen = (paths: Paths): Set<string> => notIgnored(subject, paths, writer);
  return { added: seen(added), modified: seen(modified), removed: seen(removed) };
}

function notIgnored({ ignored }: Subject, paths: Paths, { subresource }: Writer): Set<string> {
  return new Set([...paths].filter((path) => !ignored(subresource).some((prefix) => isWithin(path, prefix))));
}

function withoutPaths(owners: Owners, paths: Paths): Owners {
  const left = [...owners].map(([key, { writer, paths: owned }]) => ({ key, writer, paths: difference(owned, paths) }));
  return new Map(
    left.filter((entry) => entry.paths.size > 0).map(({ key, writer, paths: own }) => [key, { writer, paths: own }]),
  );
}

/** Entries without fields are none. */
function with_(owners: Owners, writer: Writer, paths: Paths): Owners {
  const others = [...owners].filter(([key]) => key !== writerKey(writer));
  return new Map(paths.size === 0 ? others : [...others, [writerKey(writer), { writer, paths }]]);
}
