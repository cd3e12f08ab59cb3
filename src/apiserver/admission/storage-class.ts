// DefaultStorageClass and PersistentVolumeClaimResize: a claim that names no class gets the default one, and a bound claim
// may grow only where its class says that its volumes can.
import {
  BETA_CLASS_ANNOTATION,
  compareQuantities,
  forbiddenError,
  isDefaultClass,
  type PersistentVolumeClaim,
  parseQuantity,
  type StorageClass,
} from '../../api/index.ts';
import { type Snapshot, storeKey } from '../../store/index.ts';
import { fromStored } from '../storage/codec.ts';
import { defaultClassName } from './default-class.ts';
import type { AdmissionPlugin, AdmissionRequest } from './plugin.ts';

const CLASSES = 'storageclasses.storage.k8s.io';

export const DEFAULT_STORAGE_CLASS: AdmissionPlugin = {
  of: ['persistentvolumeclaims'],
  on: ['create'],
  admit: ({ object, snapshot }) => setDefaultClass(object as PersistentVolumeClaim, snapshot),
};

export const VOLUME_CLAIM_RESIZE: AdmissionPlugin = {
  of: ['persistentvolumeclaims'],
  on: ['update'],
  admit: checkResize,
};

/** Changes `claim` in place. */
function setDefaultClass(claim: PersistentVolumeClaim, snapshot: Snapshot): void {
  const { spec } = claim;
  if (spec === undefined || spec.storageClassName !== undefined) return;
  if (claim.metadata?.annotations?.[BETA_CLASS_ANNOTATION] !== undefined) return;
  const name = defaultClassName<StorageClass>(snapshot, CLASSES, isDefaultClass);
  if (name !== undefined) spec.storageClassName = name;
}

/** Throws ApiError 403. */
function checkResize({ operation, object, old: before, snapshot }: AdmissionRequest): void {
  const claim = object as PersistentVolumeClaim;
  const old = before as PersistentVolumeClaim;
  const size = parseQuantity(claim.spec?.resources?.requests?.['storage'] ?? '0');
  const oldSize = parseQuantity(old.spec?.resources?.requests?.['storage'] ?? '0');
  if (size === undefined || oldSize === undefined || compareQuantities(size, oldSize) <= 0) return;
  const name = claim.metadata?.name ?? '';
  const className = classOf(claim);
  const stored =
    className === '' || className !== classOf(old) ? undefined : snapshot.get(storeKey(CLASSES, '', className));
  if (stored === undefined || fromStored<StorageClass>(stored).allowVolumeExpansion !== true)
    throw forbiddenError(
      operation.definition,
      name,
      'only dynamically provisioned pvc can be resized and the storageclass that provisions the pvc must support resize',
    );
}

/** A name that no key can hold is nobody's. */
function classOf({ metadata, spec }: PersistentVolumeClaim): string {
  const name = metadata?.annotations?.[BETA_CLASS_ANNOTATION] ?? spec?.storageClassName ?? '';
  return name.includes('/') ? '' : name;
}
