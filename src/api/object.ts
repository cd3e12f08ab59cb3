// The shape that all Kubernetes objects share, as they are on the wire.
import type { V1ObjectMeta } from 'kubernetes-models/dist/gen/models/V1ObjectMeta.js';

/** A JSON value as decoded: objects are plain, their keys are data and never trusted as property paths. */
export type JsonValue = string | number | boolean | null | readonly JsonValue[] | { readonly [key: string]: JsonValue };

/** The wire form of a type generated from the public OpenAPI document: timestamps are strings there. */
export type Wire<T> = T extends Date
  ? string
  : T extends (infer Item)[]
    ? Wire<Item>[]
    : T extends object
      ? { [Key in keyof T as WireName<Key>]: Wire<T[Key]> }
      : T;

/** The generator renames fields that are reserved words; the wire does not. */
type WireName<Key> = Key extends '_continue'
  ? 'continue'
  : Key extends '_default'
    ? 'default'
    : Key extends '_from'
      ? 'from'
      : Key extends '_int'
        ? 'int'
        : Key;

export type ObjectMeta = Wire<V1ObjectMeta>;

/** Any object of the API: what a request carries and a handler changes. */
export interface KubeObject {
  apiVersion?: string;
  kind?: string;
  metadata?: ObjectMeta;
}

/** An object that has been accepted by a server: named, identified, versioned. */
export type Served<T extends KubeObject> = T & {
  metadata: ObjectMeta & { name: string; uid: string; resourceVersion: string; creationTimestamp: string };
};
