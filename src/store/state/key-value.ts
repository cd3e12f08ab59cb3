// The port of the state database: an ordered map of bytes on a disk. One contract suite (test/store/key-value.test.ts)
// runs against each adapter. Adapters need not detect damage: the records carry checksums and a hash over all of them.

export type KeyValueOperation =
  | { readonly kind: 'put'; readonly key: Uint8Array; readonly value: Uint8Array }
  | { readonly kind: 'delete'; readonly key: Uint8Array };

export interface KeyValueEntry {
  readonly key: Uint8Array;
  /** A buffer of its own, which the caller may keep. */
  readonly value: Uint8Array;
}

export interface KeyValue {
  /** All operations or none, durable when it resolves. After a rejection the outcome is unknown. */
  batch(operations: readonly KeyValueOperation[]): Promise<void>;
  /** Every entry with from ≤ key < to, in the order of the keys' bytes, as they are when the first is asked for. */
  iterate(from: Uint8Array, to: Uint8Array): AsyncIterable<KeyValueEntry>;
  /** Waits for what is being written. Idempotent; nothing may be asked afterwards. */
  close(): Promise<void>;
}
