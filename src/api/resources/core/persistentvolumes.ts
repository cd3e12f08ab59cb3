// PersistentVolumes: storage that outlives pods, and the claim that has it. Who provisions and binds them writes their status.

import { rfc3339 } from '../../../lib/index.ts';
import type { KubeObject } from '../../object.ts';
import type { PersistentVolume } from '../../types.ts';
import { BETA_CLASS_ANNOTATION } from '../../validation/claim.ts';
import { validatePersistentVolume, validatePersistentVolumeUpdate } from '../../validation/persistent-volume.ts';
import { AGE_COLUMN, column, defineResource, NAME_COLUMN, statusOf } from '../define.ts';

export const PERSISTENT_VOLUMES = defineResource({
  group: '',
  version: 'v1',
  plural: 'persistentvolumes',
  kind: 'PersistentVolume',
  namespaced: false,
  shortNames: ['pv'],
  subresources: [statusOf('', 'v1', 'PersistentVolume')],
  columns: [
    NAME_COLUMN,
    column<PersistentVolume>('Capacity', ({ spec }) => spec?.capacity?.['storage'] ?? '0'),
    column<PersistentVolume>('Access Modes', ({ spec }) => accessModesText(spec?.accessModes)),
    column<PersistentVolume>('Reclaim Policy', ({ spec }) => spec?.persistentVolumeReclaimPolicy ?? ''),
    column<PersistentVolume>('Status', phaseText),
    column<PersistentVolume>('Claim', ({ spec }) =>
      spec?.claimRef === undefined ? '' : `${spec.claimRef.namespace ?? ''}/${spec.claimRef.name ?? ''}`,
    ),
    column<PersistentVolume>(
      'StorageClass',
      ({ metadata, spec }) => metadata?.annotations?.[BETA_CLASS_ANNOTATION] ?? spec?.storageClassName ?? '',
    ),
    column<PersistentVolume>('VolumeAttributesClass', ({ spec }) => spec?.volumeAttributesClassName ?? '<unset>'),
    column<PersistentVolume>('Reason', ({ status }) => status?.reason ?? ''),
    AGE_COLUMN,
    column<PersistentVolume>('VolumeMode', ({ spec }) => spec?.volumeMode ?? '<unset>', { wide: true }),
  ],
  strategy: {
    prepareForCreate(object, { nowMs }) {
      (object as PersistentVolume).status = { phase: 'Pending', lastPhaseTransitionTime: rfc3339(nowMs) };
    },
    prepareForUpdate(object, old) {
      const { status } = old as PersistentVolume;
      if (status === undefined) delete (object as PersistentVolume).status;
      else (object as PersistentVolume).status = { ...status };
      return false;
    },
    prepareForStatusUpdate(object, old, { nowMs }) {
      const before = old as PersistentVolume;
      const volume = object as PersistentVolume;
      if (before.spec === undefined) delete volume.spec;
      else volume.spec = before.spec;
      noteTransition(volume.status, before.status, nowMs);
    },
    validate: (object) => validatePersistentVolume(object as PersistentVolume),
    validateUpdate: (object, old) =>
      validatePersistentVolumeUpdate(object as PersistentVolume, old as PersistentVolume),
  },
});

/** When the phase changed is known to whoever changed it, or else to the server. */
function noteTransition(status: PersistentVolume['status'], before: PersistentVolume['status'], nowMs: number): void {
  if (status === undefined || status.phase === before?.phase) return;
  const told = status.lastPhaseTransitionTime;
  if (told === undefined || told === before?.lastPhaseTransitionTime) status.lastPhaseTransitionTime = rfc3339(nowMs);
}

const SHORT_MODES: readonly (readonly [mode: string, short: string])[] = [
  ['ReadWriteOnce', 'RWO'],
  ['ReadOnlyMany', 'ROX'],
  ['ReadWriteMany', 'RWX'],
  ['ReadWriteOncePod', 'RWOP'],
];

/** `RWO,ROX`. */
export function accessModesText(modes: readonly string[] = []): string {
  return SHORT_MODES.filter(([mode]) => modes.includes(mode))
    .map(([, short]) => short)
    .join(',');
}

/** The phase of a volume or claim, as tables show it. */
export function phaseText({
  metadata,
  status,
}: KubeObject & { readonly status?: { readonly phase?: string } }): string {
  return metadata?.deletionTimestamp === undefined ? (status?.phase ?? '') : 'Terminating';
}
