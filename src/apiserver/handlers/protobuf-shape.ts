// Answers in protobuf. The message of a stored version is made when it is first asked for, and kept as long as that version: a
// list, a GET and all watchers take the same bytes. Only what is around it (an envelope, a list, an event) is made for each.
import {
  encodeList,
  encodeMessage,
  encodeProtobuf,
  enveloped,
  groupVersion,
  type KubeObject,
  type MetaVersion,
  partialObjectMetadata,
  type ResourceDefinition,
} from '../../api/index.ts';
import { oncePer } from '../../lib/index.ts';
import type { StoredObject } from '../../store/index.ts';
import { eachInSlices } from '../http/stream.ts';
import { fromStored, isStored } from '../storage/codec.ts';
import { viewObject } from '../storage/view.ts';
import { PROTOBUF_FRAMES } from '../watch/framing.ts';
import type { Shape } from './shape.ts';

interface Kinds {
  readonly apiVersion: string;
  readonly kind: string;
  readonly listKind: string;
}

export const protobufObjectShape = oncePer(
  (definition: ResourceDefinition): Shape =>
    protobufShape(
      {
        apiVersion: groupVersion(definition.group, definition.version),
        kind: definition.kind,
        listKind: definition.listKind,
      },
      (source) => viewObject(source, definition),
      // What is not stored may be of another kind: a Scale, a TokenRequest, a Status.
      (object) => object,
    ),
);

export const protobufMetadataShape: Readonly<Record<MetaVersion, Shape>> = {
  v1: metadataShape('v1'),
  v1beta1: metadataShape('v1beta1'),
};

function metadataShape(version: MetaVersion): Shape {
  const bare = (object: KubeObject): KubeObject => partialObjectMetadata(object, version);
  const kind = 'PartialObjectMetadata';
  return protobufShape({ apiVersion: `meta.k8s.io/${version}`, kind, listKind: `${kind}List` }, bare, bare);
}

/** `ofStored` and `ofOther` make what is answered of an object, in its own kind and version. */
function protobufShape(
  { apiVersion, kind, listKind }: Kinds,
  ofStored: (object: KubeObject) => KubeObject,
  ofOther: (object: KubeObject) => KubeObject,
): Shape {
  const messageOf = oncePer((source: StoredObject) => encodeMessage(ofStored(fromStored(source))));
  return {
    isShared: true,
    framing: PROTOBUF_FRAMES,
    object: (source) =>
      isStored(source) ? enveloped(apiVersion, kind, messageOf(source)) : encodeProtobuf(ofOther(source)),
    async list({ objects, metadata }, monotonic) {
      const items: Uint8Array[] = [];
      await eachInSlices(objects, (object) => void items.push(messageOf(object)), monotonic);
      return encodeList(apiVersion, listKind, metadata, items);
    },
    bookmark(resourceVersion, initialEventsEnd) {
      const annotations = initialEventsEnd ? { annotations: { 'k8s.io/initial-events-end': 'true' } } : {};
      return encodeProtobuf({ apiVersion, kind, metadata: { resourceVersion, ...annotations } });
    },
  };
}
