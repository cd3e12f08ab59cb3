// The form of generated/protobuf.json: how messages of application/vnd.kubernetes.protobuf map to JSON.

/** What a field's bytes hold: a scalar of protobuf, or another message by name. */
export type FieldType = string;

/** Where a message's field goes in JSON. */
export interface FieldPlace {
  readonly name: string;
  readonly type: FieldType;
  /** `list` repeats; `map` is a repeated pair whose values are of `type`; `inline` has its fields in the outer object. */
  readonly shape: 'one' | 'list' | 'map' | 'inline';
  /** Zero, false and the empty string say something here; elsewhere they are how Go writes "not set". */
  readonly keepsZero: boolean;
}

/** Message name → field number → place. */
export type MessageTable = Readonly<Record<string, Readonly<Record<string, FieldPlace>>>>;
