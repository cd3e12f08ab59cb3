// Whether a toleration covers a taint: the scheduler asks before it binds, the node controllers before they evict.
import { equalJson } from './json.ts';
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

/** Both lists in one, without those that another of them covers wholly. */
export function mergeTolerations(first: readonly Toleration[], second: readonly Toleration[]): Toleration[] {
  const all = [...first, ...second];
  const merged: Toleration[] = [];
  for (const [index, toleration] of all.entries()) {
    const later = all.slice(index + 1).filter((other) => !equalJson(other, toleration));
    if (![...merged, ...later].some((other) => includes(other, toleration))) merged.push(toleration);
  }
  return merged;
}

/** Whether `wider` tolerates all that `narrower` does, for as long. */
function includes(wider: Toleration, narrower: Toleration): boolean {
  if (equalJson(wider, narrower)) return true;
  const anyKey = !wider.key && wider.operator === 'Exists';
  if (!anyKey && (wider.key ?? '') !== (narrower.key ?? '')) return false;
  if (wider.effect && wider.effect !== narrower.effect) return false;
  if (wider.effect === 'NoExecute' && wider.tolerationSeconds !== undefined) {
    if (narrower.tolerationSeconds === undefined || narrower.tolerationSeconds > wider.tolerationSeconds) return false;
  }
  if (wider.operator === 'Exists') return true;
  const isEqual = (operator: string | undefined): boolean => !operator || operator === 'Equal';
  return isEqual(wider.operator) && isEqual(narrower.operator) && (wider.value ?? '') === (narrower.value ?? '');
}
