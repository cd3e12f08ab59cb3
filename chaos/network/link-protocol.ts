// What goes between those who order links and the thread that they run on.
import type { LinkCondition } from './link.ts';

export interface LinkThreadData {
  /** Of what gets lost, and how late the rest is. */
  readonly seed: number;
}

export type LinkWish =
  | { readonly kind: 'open'; readonly targetPort: number }
  | { readonly kind: 'set'; readonly condition: LinkCondition }
  | { readonly kind: 'close' };

export interface LinkOrder {
  /** The answer has the same. */
  readonly id: number;
  /** Which one, as numbered by the orderer. */
  readonly link: number;
  readonly wish: LinkWish;
}

/** The wish is granted, and the link has this port. */
export type LinkAnswer =
  | { readonly id: number; readonly port: number }
  | { readonly id: number; readonly error: string };
