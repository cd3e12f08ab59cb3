// The form of generated/schema.json, which derive.ts writes at build time and schema.ts reads at start: types by their
// public OpenAPI name, compact because a server parses it before it can answer.

/**
 * A shape in short: `string`, `int32`, `int64`, `double`, `boolean`, `time`, `microTime`, `quantity`, `intOrString`,
 * `bytes`, `any`, `raw` (an object of any content), `#io.k8s.…` (a type), or one of them behind `[]` (list) or `{}` (map).
 */
export type ShapeText = string;

/** A field: only its shape, or the shape with its marks. */
export type FieldEntry = ShapeText | FieldMarks;

export interface FieldMarks {
  /** Shape. */
  readonly t: ShapeText;
  /** 1: required. */
  readonly r?: 1;
  /** x-kubernetes-patch-strategy. */
  readonly ps?: string;
  /** x-kubernetes-patch-merge-key. */
  readonly mk?: string;
  /** x-kubernetes-list-type. */
  readonly lt?: 'atomic' | 'map' | 'set';
  /** x-kubernetes-list-map-keys. */
  readonly lk?: readonly string[];
  /** x-kubernetes-map-type. */
  readonly mt?: 'atomic' | 'granular';
  /** 1: a type that Kubernetes always writes, empty or not. */
  readonly e?: 1;
}

export interface TypeEntry {
  readonly f: Readonly<Record<string, FieldEntry>>;
  /** x-kubernetes-map-type of the type itself. */
  readonly mt?: 'atomic' | 'granular';
}

export interface SchemaFile {
  /** Of the types below and of those behind feature gates: equal hashes mean equal schemas. */
  readonly hash: string;
  readonly types: Readonly<Record<string, TypeEntry>>;
}

/** generated/gated.json: what the versions behind feature gates need besides; loaded when there are gates. */
export interface GatedFile {
  readonly types: SchemaFile['types'];
  readonly messages: Readonly<Record<string, readonly string[]>>;
}

/** generated/descriptions.json, and gated-descriptions.json: by type and field; '' is the type itself. */
export type DescriptionFile = Readonly<Record<string, Readonly<Record<string, string>>>>;
