// Resource quotas: what a namespace may use. The hard limits are the user's; the status says which of them are enforced
// and what is used, and is written by admission and by the quota controller.
import type { KubeObject } from '../../object.ts';
import type { ResourceQuota } from '../../types.ts';
import { validateQuota, validateQuotaStatus, validateQuotaUpdate } from '../../validation/quota.ts';
import { AGE_COLUMN, column, defineResource, NAME_COLUMN, statusOf } from '../define.ts';

export const RESOURCE_QUOTAS = defineResource({
  group: '',
  version: 'v1',
  plural: 'resourcequotas',
  kind: 'ResourceQuota',
  namespaced: true,
  shortNames: ['quota'],
  subresources: [statusOf('', 'v1', 'ResourceQuota')],
  columns: [
    NAME_COLUMN,
    column<ResourceQuota>('Request', (quota) => usageText(quota, (name) => !isLimit(name))),
    column<ResourceQuota>('Limit', (quota) => usageText(quota, isLimit)),
    AGE_COLUMN,
  ],
  strategy: {
    prepareForCreate(object) {
      (object as ResourceQuota).status = {};
    },
    prepareForUpdate(object, old) {
      const { status } = old as ResourceQuota;
      (object as ResourceQuota).status = structuredClone(status ?? {});
      return false;
    },
    applyDefaults: applyQuotaDefaults,
    validate: (object) => validateQuota(object as ResourceQuota),
    validateUpdate: (object, old) => validateQuotaUpdate(object as ResourceQuota, old as ResourceQuota),
    validateStatusUpdate: (object) => validateQuotaStatus(object as ResourceQuota),
  },
});

function applyQuotaDefaults(object: KubeObject): void {
  const quota = object as ResourceQuota;
  quota.spec ??= {};
  quota.status ??= {};
}

function isLimit(name: string): boolean {
  return name.startsWith('limits.');
}

/** `pods: 1/10, requests.cpu: 500m/2` of the names that are chosen. */
function usageText({ status }: ResourceQuota, chosen: (name: string) => boolean): string {
  const { hard = {}, used = {} } = status ?? {};
  const names = Object.keys(hard).filter(chosen).sort();
  return names.map((name) => `${name}: ${used[name] ?? '0'}/${hard[name] ?? '0'}`).join(', ');
}
