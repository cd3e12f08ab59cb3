// The files of the volumes that the kubelet writes: configMap, secret, downwardAPI, projected.
import type { Pod, Served, Volume } from '../../api/index.ts';
import { type DownwardFacts, fieldValue, resourceValue } from '../pods/downward.ts';
import { ConfigError, contentOf, type ReferencedObjects } from '../pods/objects.ts';
import type { ProjectedFile, ProjectedFiles } from './atomic.ts';
import type { TokenSource } from './tokens.ts';

export interface FileSources {
  readonly objects: ReferencedObjects;
  readonly tokens: TokenSource;
  readonly facts: DownwardFacts;
}

const DEFAULT_MODE = 0o644;
type Projection = NonNullable<NonNullable<Volume['projected']>['sources']>[number];
type Item = { readonly key: string; readonly path: string; readonly mode?: number };

/** Undefined for volumes of other types. Throws ConfigError when something is not there and not optional. */
export async function filesOf(volume: Volume, sources: FileSources): Promise<ProjectedFiles | undefined> {
  const { configMap, secret, downwardAPI, projected } = volume;
  if (configMap !== undefined) return projection({ configMap }, configMap.defaultMode ?? DEFAULT_MODE, sources);
  if (secret !== undefined) {
    const { secretName: name = '', items, optional, defaultMode } = secret;
    const source = { name, ...(items === undefined ? {} : { items }), ...(optional === undefined ? {} : { optional }) };
    return projection({ secret: source }, defaultMode ?? DEFAULT_MODE, sources);
  }
  if (downwardAPI !== undefined) return projection({ downwardAPI }, downwardAPI.defaultMode ?? DEFAULT_MODE, sources);
  if (projected === undefined) return undefined;
  const files = new Map<string, ProjectedFile>();
  for (const source of projected.sources ?? []) {
    for (const [path, file] of await projection(source, projected.defaultMode ?? DEFAULT_MODE, sources)) {
      files.set(path, file);
    }
  }
  return files;
}

async function projection(source: Projection, mode: number, sources: FileSources): Promise<ProjectedFiles> {
  const { pod } = sources.facts;
  if (source.configMap !== undefined || source.secret !== undefined) return keyed(source, mode, sources);
  if (source.downwardAPI !== undefined) return downward(source.downwardAPI.items ?? [], mode, sources.facts);
  const token = source.serviceAccountToken;
  if (token !== undefined) {
    const wish = { audience: token.audience, expirationSeconds: token.expirationSeconds };
    const text = await sources.tokens.token(pod, wish);
    return new Map([[token.path, { content: Buffer.from(text), mode: tokenMode(pod, mode) }]]);
  }
  throw new ConfigError('a projected volume has a source that this kubelet does not know');
}

/** A token is for its pod alone, but a user other than root must be able to read it. */
function tokenMode(pod: Served<Pod>, mode: number): number {
  return pod.spec?.securityContext?.fsGroup === undefined ? mode : 0o640;
}

async function keyed(source: Projection, mode: number, { objects, facts }: FileSources): Promise<ProjectedFiles> {
  const namespace = facts.pod.metadata.namespace ?? '';
  const reference = source.configMap ?? source.secret ?? {};
  const kind = source.configMap === undefined ? 'secret' : 'configmap';
  const name = reference.name ?? '';
  const object = kind === 'secret' ? await objects.secret(namespace, name) : await objects.configMap(namespace, name);
  if (object === undefined) {
    if (reference.optional === true) return new Map();
    throw new ConfigError(`${kind} "${name}" not found`);
  }
  const content = contentOf(object);
  const all: readonly Item[] = [...content.keys()].map((key) => ({ key, path: key }));
  const items: readonly Item[] = reference.items ?? all;
  const files = new Map<string, ProjectedFile>();
  for (const item of items) {
    const bytes = content.get(item.key);
    if (bytes !== undefined) files.set(item.path, { content: bytes, mode: item.mode ?? mode });
    else if (reference.optional !== true) throw new ConfigError(`references non-existent ${kind} key: ${item.key}`);
  }
  return files;
}

function downward(
  items: NonNullable<NonNullable<Volume['downwardAPI']>['items']>,
  mode: number,
  facts: DownwardFacts,
): ProjectedFiles {
  return new Map(
    items.map((item) => {
      const text =
        item.fieldRef === undefined
          ? item.resourceFieldRef === undefined
            ? ''
            : resourceValue(item.resourceFieldRef, '', facts)
          : fieldValue(item.fieldRef.fieldPath, facts);
      return [item.path, { content: Buffer.from(text), mode: item.mode ?? mode }];
    }),
  );
}
