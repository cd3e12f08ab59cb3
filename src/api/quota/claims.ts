// Claims of volumes against quotas: how many, and how much storage, in all and by storage class.
import { type Amounts, amountsOf, largerAmounts, ONE_OBJECT } from '../amounts.ts';
import type { Quantity } from '../quantity.ts';
import type { PersistentVolumeClaim } from '../types.ts';
import type { Evaluator } from './evaluator.ts';
import { countName } from './objects.ts';
import { claimInScope } from './scopes.ts';

const COUNT = countName({ group: '', plural: 'persistentvolumeclaims' });
const CLAIMS = 'persistentvolumeclaims';
const STORAGE = 'requests.storage';
const OF_CLASS = '.storageclass.storage.k8s.io/';
const CLASS_ANNOTATION = 'volume.beta.kubernetes.io/storage-class';

export const CLAIM_EVALUATOR: Evaluator = {
  tracks: (name) =>
    name === COUNT ||
    name === CLAIMS ||
    name === STORAGE ||
    [CLAIMS, STORAGE].some((what) => name.endsWith(OF_CLASS + what)),
  usage: (object) => usageOf(object as PersistentVolumeClaim),
  inScope: (scope, object) => claimInScope(scope, object as PersistentVolumeClaim),
  chargedUpdates: '',
};

function usageOf({ metadata, spec, status }: PersistentVolumeClaim): Amounts {
  const usage = new Map<string, Quantity>([
    [COUNT, ONE_OBJECT],
    [CLAIMS, ONE_OBJECT],
  ]);
  const storageClass = metadata?.annotations?.[CLASS_ANNOTATION] ?? spec?.storageClassName ?? '';
  if (storageClass !== '') usage.set(`${storageClass}${OF_CLASS}${CLAIMS}`, ONE_OBJECT);
  // While a volume grows, or failed to, what was granted counts as long as it is more.
  const granted = amountsOf(status?.allocatedResources);
  const storage = largerAmounts(amountsOf(spec?.resources?.requests), granted).get('storage');
  if (storage === undefined) return usage;
  usage.set(STORAGE, storage);
  if (storageClass !== '') usage.set(`${storageClass}${OF_CLASS}${STORAGE}`, storage);
  return usage;
}
