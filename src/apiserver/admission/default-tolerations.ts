// DefaultTolerationSeconds: a pod stays 300 seconds on a node that is not ready or unreachable, unless it says otherwise.
import type { Pod, Toleration } from '../../api/index.ts';
import type { AdmissionPlugin } from './plugin.ts';

const TOLERATION_SECONDS = 300;
const KEYS = ['node.kubernetes.io/not-ready', 'node.kubernetes.io/unreachable'];
const NO_EXECUTE = 'NoExecute';

export const DEFAULT_TOLERATIONS: AdmissionPlugin = {
  of: ['pods'],
  on: ['create'],
  admit: ({ object }) => addDefaultTolerations(object as Pod),
};

function addDefaultTolerations(pod: Pod): void {
  const { spec } = pod;
  if (spec === undefined) return;
  const own = spec.tolerations ?? [];
  const added: Toleration[] = KEYS.filter((key) => !own.some((toleration) => tolerates(toleration, key))).map(
    (key) => ({
      key,
      operator: 'Exists',
      effect: NO_EXECUTE,
      tolerationSeconds: TOLERATION_SECONDS,
    }),
  );
  if (added.length > 0) spec.tolerations = [...own, ...added];
}

function tolerates({ key, effect }: Toleration, taint: string): boolean {
  return (
    (key === taint || key === undefined || key === '') &&
    (effect === NO_EXECUTE || effect === undefined || effect === '')
  );
}
