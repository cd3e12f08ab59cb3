// Storage version migrations: a resource whose objects shall be written anew, in the version that is stored now.
import type { StorageVersionMigration } from '../../gated-types.ts';
import { validateMigration, validateMigrationStatus } from '../../validation/gated/storage-version-migration.ts';
import { column, defineResource, NAME_COLUMN, statusOf } from '../define.ts';
import { withStatus } from '../strategies.ts';
import { fixedSpec } from './fixed-spec.ts';

const GROUP = 'storagemigration.k8s.io';
const KIND = 'StorageVersionMigration';

export const STORAGE_VERSION_MIGRATIONS = defineResource({
  group: GROUP,
  version: 'v1beta1',
  plural: 'storageversionmigrations',
  kind: KIND,
  namespaced: false,
  subresources: [statusOf(GROUP, 'v1beta1', KIND)],
  columns: [NAME_COLUMN, column<StorageVersionMigration>('Resource', ({ spec }) => resourceText(spec))],
  strategy: {
    ...withStatus(false),
    validate: (object) => validateMigration(object as StorageVersionMigration),
    validateUpdate: fixedSpec,
    validateStatusUpdate: (object, old) =>
      validateMigrationStatus(object as StorageVersionMigration, old as StorageVersionMigration),
  },
});

function resourceText(spec: StorageVersionMigration['spec']): string {
  const { group = '', resource = '' } = spec?.resource ?? {};
  return group === '' ? resource : `${resource}.${group}`;
}
