// Exponential back-off of what fails again and again: crashing containers, image pulls, failing steps. Pure.

export interface BackOff {
  /** How long to wait after the next failure. */
  readonly delayMs: number;
  /** When the delay was last raised. */
  readonly updatedAtMs: number;
}

export interface BackOffRule {
  readonly firstMs: number;
  readonly limitMs: number;
  /** A failure so long after the last one starts anew. */
  readonly resetMs: number;
}

/** When a try may follow a failure at `failedAtMs`; undefined: at once. The first failure is followed by a try at once. */
export function waitsUntil(entry: BackOff | undefined, rule: BackOffRule, failedAtMs: number): number | undefined {
  if (entry === undefined || failedAtMs - entry.updatedAtMs > rule.resetMs) return undefined;
  return failedAtMs + entry.delayMs;
}

/** The entry after another try. */
export function raised(entry: BackOff | undefined, rule: BackOffRule, failedAtMs: number, nowMs: number): BackOff {
  const fresh = entry === undefined || failedAtMs - entry.updatedAtMs > rule.resetMs;
  return { delayMs: fresh ? rule.firstMs : Math.min(entry.delayMs * 2, rule.limitMs), updatedAtMs: nowMs };
}
