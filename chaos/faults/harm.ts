// What a fault has done, and what it has left to be healed.
import type { DamageRecord } from './damage.ts';

export interface Harm {
  /** Whose clients may notice. */
  readonly harmed: readonly string[];
  /** A leader that may not know that another leads. */
  readonly sleeper?: string;
  readonly wake?: () => void;
  /** Promises that were broken meanwhile. */
  readonly broken?: readonly string[];
  /** Files that were damaged, and what came of it. */
  readonly damages?: readonly DamageRecord[];
  /** From the moment when its disk took nothing more until the server's process had ended. */
  readonly outAfterMs?: number;
  /** What else is worth a line. */
  readonly told?: string;
}
