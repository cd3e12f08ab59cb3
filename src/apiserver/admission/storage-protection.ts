// StorageObjectInUseProtection: claims and volumes are born with a finalizer, so that one that is in use outlives its
// deletion until nobody uses it any more. The volume protection controllers take it off.
import type { KubeObject } from '../../api/index.ts';
import type { AdmissionPlugin } from './plugin.ts';

const FINALIZERS: Readonly<Record<string, string>> = {
  PersistentVolumeClaim: 'kubernetes.io/pvc-protection',
  PersistentVolume: 'kubernetes.io/pv-protection',
};

export const STORAGE_PROTECTION: AdmissionPlugin = {
  of: ['persistentvolumeclaims', 'persistentvolumes'],
  on: ['create'],
  admit: ({ object, operation }) => protectStorage(object, operation.definition.kind),
};

/** Changes `object` in place. */
function protectStorage(object: KubeObject, kind: string): void {
  const finalizer = FINALIZERS[kind];
  if (finalizer === undefined) return;
  const finalizers = object.metadata?.finalizers ?? [];
  if (!finalizers.includes(finalizer)) object.metadata = { ...object.metadata, finalizers: [...finalizers, finalizer] };
}
