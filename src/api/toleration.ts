// Whether a toleration covers a taint: the scheduler asks before it binds, the node controllers before they evict.
import type { Taint, Toleration } from './types.ts';

/** Whether one of the tolerations covers the taint. */
export function tolerates(tolerations: readonly Toleration[] | undefined, taint: Taint): boolean {
  return (tolerations ?? []).some((toleration) => covers(toleration, taint));
}

/** API reference of core/v1 Toleration: values are compared unless the operator is `Exists`. */
export function covers(toleration: Toleration, taint: Taint): boolean {
  if (toleration.effect && toleration.effect !== taint.effect) return false;
  if (toleration.key && toleration.key !== taint.key) return false;
  if (toleration.operator === 'Exists') return true;
  // An empty key covers every taint, and is valid with Exists only.
  return Boolean(toleration.key) && (toleration.value ?? '') === (taint.value ?? '');
}
