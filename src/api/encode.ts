// An object to the bytes that are replicated, stored and sent: encoded once, with an empty resourceVersion near the
// beginning whose place is known, so that the store can put the revision there without decoding.
import type { KubeObject } from './object.ts';

export interface EncodedObject {
  /** JSON, with `"resourceVersion":""` in its metadata. */
  readonly bytes: Uint8Array;
  /** Byte offset inside the empty string of the resourceVersion. */
  readonly revisionOffset: number;
}

/** The order kind, apiVersion, metadata (identity first), then the rest as it comes. `undefined` members are left out. */
export function encodeObject(object: KubeObject): EncodedObject {
  const { kind, apiVersion, metadata, ...rest } = object;
  const { name, generateName, namespace, uid, resourceVersion: _, ...more } = metadata ?? {};
  const head = JSON.stringify({ name, generateName, namespace, uid }).slice(0, -1);
  const separator = head === '{' ? '' : ',';
  const prefix = `{"kind":${JSON.stringify(kind ?? '')},"apiVersion":${JSON.stringify(apiVersion ?? '')},"metadata":${head}${separator}"resourceVersion":"`;
  const tail = JSON.stringify(more).slice(1);
  const others = JSON.stringify(rest).slice(1);
  const text = `${prefix}"${tail === '}' ? '' : ','}${tail}${others === '}' ? '' : ','}${others}`;
  return { bytes: Buffer.from(text, 'utf8'), revisionOffset: Buffer.byteLength(prefix, 'utf8') };
}

/** The object of stored or served bytes, which are trusted: our own encoding. */
export function decodeStored<T extends KubeObject>(bytes: Uint8Array): T {
  return JSON.parse(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8')) as T;
}
