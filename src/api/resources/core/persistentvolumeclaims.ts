// PersistentVolumeClaims: what a pod asks of storage. Binding and resizing are written into volumeName and status by others.
import type { KubeObject } from '../../object.ts';
import type { PersistentVolumeClaim, PersistentVolumeClaimSpec } from '../../types.ts';
import {
  BETA_CLASS_ANNOTATION,
  validateClaimSpec,
  validateClaimStatusUpdate,
  validateClaimUpdate,
} from '../../validation/claim.ts';
import { AGE_COLUMN, column, defineResource, NAME_COLUMN, statusOf } from '../define.ts';
import { accessModesText, phaseText } from './persistentvolumes.ts';

export const PERSISTENT_VOLUME_CLAIMS = defineResource({
  group: '',
  version: 'v1',
  plural: 'persistentvolumeclaims',
  kind: 'PersistentVolumeClaim',
  namespaced: true,
  shortNames: ['pvc'],
  subresources: [statusOf('', 'v1', 'PersistentVolumeClaim')],
  columns: [
    NAME_COLUMN,
    column<PersistentVolumeClaim>('Status', phaseText),
    column<PersistentVolumeClaim>('Volume', ({ spec }) => spec?.volumeName ?? ''),
    // What a claim has is known once a volume is named.
    column<PersistentVolumeClaim>('Capacity', ({ spec, status }) =>
      spec?.volumeName ? (status?.capacity?.['storage'] ?? '0') : '',
    ),
    column<PersistentVolumeClaim>('Access Modes', ({ spec, status }) =>
      spec?.volumeName ? accessModesText(status?.accessModes) : '',
    ),
    column<PersistentVolumeClaim>(
      'StorageClass',
      ({ metadata, spec }) => metadata?.annotations?.[BETA_CLASS_ANNOTATION] ?? spec?.storageClassName ?? '',
    ),
    column<PersistentVolumeClaim>('VolumeAttributesClass', ({ spec }) => spec?.volumeAttributesClassName ?? '<unset>'),
    AGE_COLUMN,
    column<PersistentVolumeClaim>('VolumeMode', ({ spec }) => spec?.volumeMode ?? '<unset>', { wide: true }),
  ],
  strategy: {
    prepareForCreate(object) {
      const claim = object as PersistentVolumeClaim;
      claim.status = { phase: 'Pending' };
      if (claim.spec === undefined) return;
      if (!isKnownSource(claim.spec.dataSource)) delete claim.spec.dataSource;
      normalizeDataSources(claim.spec);
    },
    prepareForUpdate(object, old) {
      const claim = object as PersistentVolumeClaim;
      const { spec, status } = old as PersistentVolumeClaim;
      if (status === undefined) delete claim.status;
      else claim.status = { ...status };
      if (claim.spec === undefined) return false;
      // A client that does not know dataSourceRef leaves it out: that takes nothing away.
      if (spec?.dataSource !== undefined || spec?.dataSourceRef !== undefined) normalizeDataSources(claim.spec);
      return false;
    },
    validate: validateClaim,
    validateUpdate: (object, old) => validateClaimUpdate(object as PersistentVolumeClaim, old as PersistentVolumeClaim),
    validateStatusUpdate: (object) => validateClaimStatusUpdate(object as PersistentVolumeClaim),
  },
});

function validateClaim(object: KubeObject): ReturnType<typeof validateClaimSpec> {
  return validateClaimSpec((object as PersistentVolumeClaim).spec ?? {}, 'spec');
}

type DataSource = PersistentVolumeClaimSpec['dataSource'];

/** dataSource takes claims and snapshots only, and drops the rest in silence; dataSourceRef takes anything. */
function isKnownSource(source: DataSource): boolean {
  if (source?.kind === 'PersistentVolumeClaim') return !source.apiGroup;
  return source?.kind === 'VolumeSnapshot' && source.apiGroup === 'snapshot.storage.k8s.io';
}

/** The two fields say the same, except for a source in another namespace, which dataSource cannot name. */
function normalizeDataSources(spec: PersistentVolumeClaimSpec): void {
  const { dataSource, dataSourceRef } = spec;
  if (dataSource !== undefined && dataSourceRef === undefined) spec.dataSourceRef = { ...dataSource };
  if (dataSource !== undefined || dataSourceRef === undefined || dataSourceRef.namespace) return;
  const { apiGroup, kind, name } = dataSourceRef;
  spec.dataSource = { ...(apiGroup === undefined ? {} : { apiGroup }), kind, name };
}
