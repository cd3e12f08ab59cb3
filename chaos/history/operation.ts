// One operation of a client, as histories hold it: what was asked, what was answered, when, and how certain it is.
// The form in files is documented in chaos/README.md, so that any other checker can read them.

/** What a read found, or what a write left: one version of a register. */
export interface Version {
  readonly value: string;
  /** The resourceVersion of the last write; absent from the record when it is not known. */
  readonly revision?: number;
}

/** Why the server refused: what it says of the state. `other` says nothing of it. */
export type Refusal = 'absent' | 'exists' | 'conflict' | 'other';

/** `ok`: acknowledged. `failed`: certainly without effect. `unknown`: took effect once, at any later time, or never. */
export type Outcome = 'ok' | 'failed' | 'unknown';

interface Common {
  /** A number for the client; a client goes on under a new one after an unknown outcome. */
  readonly process: number;
  readonly key: string;
  /** Nanoseconds of one monotonic clock. */
  readonly start: number;
  readonly end: number;
  readonly outcome: Outcome;
  /** The server asked, or `balancer`. */
  readonly via?: string;
  /** When the outcome is not ok: what the server says of the state … */
  readonly refusal?: Refusal;
  /** … and in words. */
  readonly error?: string;
}

export type Operation = Common &
  (
    | { readonly type: 'read'; readonly argument: null; readonly result: Version | null }
    /** Writes whatever is there; refused where nothing is. */
    | { readonly type: 'write'; readonly argument: { readonly value: string }; readonly result: Written | null }
    /** Writes if the register is at that revision. */
    | {
        readonly type: 'cas';
        readonly argument: { readonly value: string; readonly revision: number };
        readonly result: Written | null;
      }
    | { readonly type: 'create'; readonly argument: { readonly value: string }; readonly result: Written | null }
    | { readonly type: 'delete'; readonly argument: null; readonly result: null }
    /** All registers whose key begins with `key`, as of one revision. */
    | { readonly type: 'list'; readonly argument: null; readonly result: Listing | null }
    /** Creates all parts of the family `key` by one command. */
    | { readonly type: 'compose'; readonly argument: null; readonly result: Written | null }
    /** Those parts of the family that are there, as of one revision. */
    | { readonly type: 'parts'; readonly argument: null; readonly result: Listing | null }
  );

export interface Written {
  readonly revision?: number;
}

export interface Listing {
  readonly revision: number;
  readonly items: Readonly<Record<string, Version>>;
}

export type OperationType = Operation['type'];

/** What a namespace is created with, in the order of its command's revisions; all of it together is a family. */
export const PARTS = ['namespace', 'account', 'bundle'] as const;
export type Part = (typeof PARTS)[number];

/** True for what changes a register or its part of a set. */
export function isRegisterWrite({ type }: Operation): boolean {
  return type === 'write' || type === 'cas' || type === 'create' || type === 'delete';
}
