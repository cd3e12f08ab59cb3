// Deployments: a template rolled out over replica sets. The selector is fixed at creation and must match the template.

import { equalJson } from '../../json.ts';
import type { KubeObject } from '../../object.ts';
import type { Deployment } from '../../types.ts';
import { validateSelectorUnchanged } from '../../validation/template.ts';
import { validateDeployment, validateDeploymentStatus } from '../../validation/workload.ts';
import { AGE_COLUMN, column, defineResource, NAME_COLUMN, SCALE, statusOf } from '../define.ts';
import { defaultTemplate, keepStatus } from '../strategies.ts';
import { TEMPLATE_COLUMNS } from '../template-columns.ts';

export const DEPLOYMENTS = defineResource({
  group: 'apps',
  version: 'v1',
  plural: 'deployments',
  kind: 'Deployment',
  namespaced: true,
  shortNames: ['deploy'],
  categories: ['all'],
  subresources: [SCALE, statusOf('apps', 'v1', 'Deployment')],
  columns: [
    NAME_COLUMN,
    column<Deployment>('Ready', ({ spec, status }) => `${status?.readyReplicas ?? 0}/${spec?.replicas ?? 0}`),
    column<Deployment>('Up-to-date', ({ status }) => status?.updatedReplicas ?? 0, { type: 'integer' }),
    column<Deployment>('Available', ({ status }) => status?.availableReplicas ?? 0, { type: 'integer' }),
    AGE_COLUMN,
    ...TEMPLATE_COLUMNS,
  ],
  strategy: {
    hasGeneration: true,
    prepareForCreate(object) {
      (object as Deployment).status = {};
    },
    prepareForUpdate(object, old) {
      const deployment = object as Deployment;
      const before = old as Deployment;
      const specChanged = keepStatus(deployment, before, {});
      return specChanged || !equalJson(deployment.metadata?.annotations ?? {}, before.metadata?.annotations ?? {});
    },
    applyDefaults,
    validate: (object) => validateDeployment(object as Deployment),
    validateUpdate: (object, old) =>
      validateSelectorUnchanged((object as Deployment).spec?.selector, (old as Deployment).spec?.selector),
    validateStatusUpdate: (object) => validateDeploymentStatus(object as Deployment),
  },
});

function applyDefaults(object: KubeObject): void {
  const { spec } = object as Deployment;
  if (spec === undefined) return;
  spec.replicas ??= 1;
  spec.strategy ??= {};
  spec.strategy.type ||= 'RollingUpdate';
  if (spec.strategy.type === 'RollingUpdate') {
    const rolling = { ...spec.strategy.rollingUpdate };
    rolling.maxUnavailable ??= '25%';
    rolling.maxSurge ??= '25%';
    spec.strategy.rollingUpdate = rolling;
  }
  spec.revisionHistoryLimit ??= 10;
  spec.progressDeadlineSeconds ??= 600;
  defaultTemplate(spec);
}
