// Storage versions: in which version each API server stores a resource.

import { problemsAt } from '../../field-error.ts';
import type { StorageVersion } from '../../gated-types.ts';
import { storageVersionNameProblems, validateStorageVersionStatus } from '../../validation/gated/storage-version.ts';
import { AGE_COLUMN, column, defineResource, NAME_COLUMN, statusOf } from '../define.ts';
import { withStatus } from '../strategies.ts';

const GROUP = 'internal.apiserver.k8s.io';
const KIND = 'StorageVersion';

export const STORAGE_VERSIONS = defineResource({
  group: GROUP,
  version: 'v1alpha1',
  plural: 'storageversions',
  kind: KIND,
  namespaced: false,
  subresources: [statusOf(GROUP, 'v1alpha1', KIND)],
  columns: [
    NAME_COLUMN,
    column<StorageVersion>('CommonEncodingVersion', ({ status }) => status?.commonEncodingVersion ?? '<unset>'),
    column<StorageVersion>('StorageVersions', ({ status }) =>
      (status?.storageVersions ?? []).map((each) => `${each.apiServerID}=${each.encodingVersion}`).join(','),
    ),
    AGE_COLUMN,
  ],
  strategy: {
    ...withStatus(false),
    nameRule: 'pathSegment',
    allowUnconditionalUpdate: false,
    applyDefaults(object) {
      (object as StorageVersion).spec ??= {};
    },
    validateCreate(object) {
      const name = object.metadata?.name ?? '';
      return problemsAt('metadata.name', name, name === '' ? [] : storageVersionNameProblems(name));
    },
    validateStatusUpdate: (object) => validateStorageVersionStatus(object as StorageVersion),
  },
});
