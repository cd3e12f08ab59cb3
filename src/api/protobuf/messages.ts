// How messages of application/vnd.kubernetes.protobuf map to JSON: the form of generated/protobuf.json, which derive.ts writes
// at build time and places.ts reads, compact because a server loads it before it can answer; and the names of messages.
import { packageOfGroup } from '../schema/type-names.ts';

/** What a field's bytes hold: a scalar of protobuf, or another message by name. */
export type FieldType = string;

/** Where a message's field goes in JSON. */
export interface FieldPlace {
  readonly number: number;
  readonly name: string;
  readonly type: FieldType;
  readonly shape: FieldShape;
  /** Zero, false and what is empty say something here; elsewhere they are how Go writes "not set". */
  readonly keepsZero: boolean;
}

/**
 * `list` repeats; `map` is a repeated pair whose values are of `type`; `inline` has its fields in the outer object; `items` is
 * the only field of a message that is a list in JSON.
 */
export type FieldShape = 'one' | 'list' | 'map' | 'inline' | 'items';

/** Message name → its places, each as text: `1 metadata k8s.io.…ObjectMeta`, with marks before the type. */
export type MessageFile = Readonly<Record<string, readonly string[]>>;

const MARKS: Readonly<Record<FieldShape, string>> = { one: '', list: '[]', map: '{}', inline: '^', items: '*' };
const SHAPES = new Map(Object.entries(MARKS).map(([shape, mark]) => [mark, shape as FieldShape]));
const KEEPS_ZERO = '!';
const PLACE = /^(\d+) (\S+) (\[\]|\{\}|\^|\*|)(\S+?)(!?)$/;

export function formatPlace({ number, name, type, shape, keepsZero }: FieldPlace): string {
  return `${number} ${name} ${MARKS[shape]}${type}${keepsZero ? KEEPS_ZERO : ''}`;
}

export function parsePlace(text: string): FieldPlace {
  const [, number, name = '', mark = '', type = '', keepsZero] = PLACE.exec(text) ?? [];
  return {
    number: Number(number),
    name,
    type,
    shape: SHAPES.get(mark) ?? 'one',
    keepsZero: keepsZero === KEEPS_ZERO,
  };
}

export const META = 'k8s.io.apimachinery.pkg.apis.meta.v1';
/** What every group speaks in its own version. */
export const META_KINDS: readonly string[] = [
  'APIGroup',
  'APIGroupList',
  'APIResourceList',
  'APIVersions',
  'DeleteOptions',
  'PartialObjectMetadata',
  'PartialObjectMetadataList',
  'Status',
];
/** The one kind of meta.k8s.io that has another message in its second version. */
export const META_V1BETA1_LIST = 'k8s.io.apimachinery.pkg.apis.meta.v1beta1.PartialObjectMetadataList';

/** The message of a kind: `k8s.io.api.core.v1.Pod`. */
export function messageOf(apiVersion: string, kind: string): string {
  if (META_KINDS.includes(kind))
    return apiVersion === 'meta.k8s.io/v1beta1' && kind === 'PartialObjectMetadataList'
      ? META_V1BETA1_LIST
      : `${META}.${kind}`;
  const at = apiVersion.indexOf('/');
  const typeName = `${packageOfGroup(at < 0 ? '' : apiVersion.slice(0, at))}.${apiVersion.slice(at + 1)}.${kind}`;
  return messageOfType(typeName);
}

/** io.k8s.api.core.v1.Pod → k8s.io.api.core.v1.Pod */
export function messageOfType(typeName: string): string {
  return typeName.replace(/^io\.k8s\./, 'k8s.io.');
}

export function typeOfMessage(message: string): string {
  return message.replace(/^k8s\.io\./, 'io.k8s.');
}
