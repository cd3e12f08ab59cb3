// StorageObjectInUseProtection: claims and volumes are born with a finalizer, so that one that is in use outlives its
// deletion until nobody uses it any more. The volume protection controllers take it off.
import type { KubeObject } from '../../api/index.ts';

const FINALIZERS: Readonly<Record<string, string>> = {
  PersistentVolumeClaim: 'kubernetes.io/pvc-protection',
  PersistentVolume: 'kubernetes.io/pv-protection',
};

/** Changes an object of the core group in place; other kinds are left alone. */
export function protectStorage(object: KubeObject, kind: string): void {
  const finalizer = FINALIZERS[kind];
  if (finalizer === undefined) return;
  const finalizers = object.metadata?.finalizers ?? [];
  if (!finalizers.includes(finalizer)) object.metadata = { ...object.metadata, finalizers: [...finalizers, finalizer] };
}
