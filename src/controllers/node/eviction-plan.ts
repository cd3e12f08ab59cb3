// When a pod has to leave a node that must not execute it: at once, after the time it tolerates, or never. Pure.
import { covers, type Pod, type Taint } from '../../api/index.ts';

export function noExecuteTaints(taints: readonly Taint[] | undefined): readonly Taint[] {
  return (taints ?? []).filter(({ effect }) => effect === 'NoExecute');
}

/**
 * Milliseconds that the pod may stay from the moment the taints appeared: 0 when one is not tolerated, undefined when all
 * are tolerated for ever (or there are none).
 */
export function tolerationMs(pod: Pod, taints: readonly Taint[]): number | undefined {
  let shortest: number | undefined;
  for (const taint of noExecuteTaints(taints)) {
    const matching = (pod.spec?.tolerations ?? []).filter((toleration) => covers(toleration, taint));
    if (matching.length === 0) return 0;
    for (const { tolerationSeconds } of matching) {
      if (tolerationSeconds === undefined) continue;
      shortest = Math.min(shortest ?? Number.POSITIVE_INFINITY, Math.max(0, tolerationSeconds) * 1000);
    }
  }
  return shortest;
}
