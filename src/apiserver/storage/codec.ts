// Objects to envelopes and back. An object is encoded once in its life, by the server that accepts it; the place of its
// resourceVersion is remembered, so that the store can fill in the revision without parsing (house.md, decision 6).
import {
  ApiError,
  apiSchema,
  decodeStored,
  encodeObject,
  type KubeObject,
  type ResourceDefinition,
  selectableFieldsOf,
} from '../../api/index.ts';
import { OBJECT_LIMIT_BYTES } from '../../lib/index.ts';
import type { Envelope, StoredObject } from '../../store/index.ts';

/** The envelope of an object that is complete: named, defaulted, validated. Throws ApiError 413 when it is too large. */
export function toEnvelope(definition: ResourceDefinition, object: KubeObject): Envelope {
  const { bytes, revisionOffset } = encodeObject(object);
  if (bytes.length > OBJECT_LIMIT_BYTES)
    throw new ApiError(
      413,
      'RequestEntityTooLarge',
      `the object is too large: ${bytes.length} bytes of at most ${OBJECT_LIMIT_BYTES}`,
    );
  return {
    apiVersion: object.apiVersion ?? '',
    schemaHash: apiSchema().hash,
    keyId: '',
    revisionOffset,
    labels: object.metadata?.labels ?? {},
    fields: selectableFieldsOf(definition, object),
    bytes,
  };
}

/** A record of ours that is no API object: its revision and its fields are what matters. */
export function internalEnvelope(fields: Readonly<Record<string, string>> = {}): Envelope {
  return {
    apiVersion: '',
    schemaHash: '',
    keyId: '',
    revisionOffset: -1,
    labels: {},
    fields,
    bytes: new Uint8Array(0),
  };
}

export function isStored(source: StoredObject | KubeObject): source is StoredObject {
  return 'envelope' in source;
}

/** The object of a stored version, parsed anew: the caller may change it. */
export function fromStored<T extends KubeObject = KubeObject>(stored: StoredObject): T {
  return decodeStored<T>(stored.bytes);
}

/** JSON of an object that is not stored as it is (dry runs, other versions and shapes). */
export function encodePlain(object: unknown): Buffer {
  return Buffer.from(JSON.stringify(object));
}
