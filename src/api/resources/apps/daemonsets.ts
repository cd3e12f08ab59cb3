// Daemon sets: a pod of the template on each node that it selects. How often the template changed is counted in an
// annotation, where Kubernetes keeps what was once a field.
import { equalJson } from '../../json.ts';
import type { KubeObject } from '../../object.ts';
import type { DaemonSet } from '../../types.ts';
import { validateDaemonSet, validateDaemonSetStatusUpdate } from '../../validation/daemonset.ts';
import { validateSelectorUnchanged } from '../../validation/template.ts';
import { AGE_COLUMN, column, defineResource, NAME_COLUMN, statusOf } from '../define.ts';
import { defaultTemplate, keepStatus } from '../strategies.ts';
import { labelsText, TEMPLATE_COLUMNS } from '../template-columns.ts';

const TEMPLATE_GENERATION = 'deprecated.daemonset.template.generation';

const NOTHING_SCHEDULED = {
  currentNumberScheduled: 0,
  numberMisscheduled: 0,
  desiredNumberScheduled: 0,
  numberReady: 0,
};

export const DAEMON_SETS = defineResource({
  group: 'apps',
  version: 'v1',
  plural: 'daemonsets',
  kind: 'DaemonSet',
  namespaced: true,
  shortNames: ['ds'],
  categories: ['all'],
  subresources: [statusOf('apps', 'v1', 'DaemonSet')],
  columns: [
    NAME_COLUMN,
    column<DaemonSet>('Desired', ({ status }) => status?.desiredNumberScheduled ?? 0, { type: 'integer' }),
    column<DaemonSet>('Current', ({ status }) => status?.currentNumberScheduled ?? 0, { type: 'integer' }),
    column<DaemonSet>('Ready', ({ status }) => status?.numberReady ?? 0, { type: 'integer' }),
    column<DaemonSet>('Up-to-date', ({ status }) => status?.updatedNumberScheduled ?? 0, { type: 'integer' }),
    column<DaemonSet>('Available', ({ status }) => status?.numberAvailable ?? 0, { type: 'integer' }),
    column<DaemonSet>('Node Selector', ({ spec }) => labelsText(spec?.template?.spec?.nodeSelector)),
    AGE_COLUMN,
    ...TEMPLATE_COLUMNS,
  ],
  strategy: {
    hasGeneration: true,
    prepareForCreate(object) {
      const set = object as DaemonSet;
      set.status = { ...NOTHING_SCHEDULED };
      setTemplateGeneration(set, templateGeneration(set));
    },
    prepareForUpdate(object, old) {
      const set = object as DaemonSet;
      const before = old as DaemonSet;
      const templateChanged = !equalJson(set.spec?.template, before.spec?.template);
      setTemplateGeneration(set, templateGeneration(before) + (templateChanged ? 1 : 0));
      return keepStatus(set, before, { ...NOTHING_SCHEDULED });
    },
    applyDefaults,
    validate: (object) => validateDaemonSet(object as DaemonSet),
    validateUpdate: (object, old) =>
      validateSelectorUnchanged((object as DaemonSet).spec?.selector, (old as DaemonSet).spec?.selector),
    validateStatusUpdate: (object, old) => validateDaemonSetStatusUpdate(object as DaemonSet, old as DaemonSet),
  },
});

/** At least 1; a set that comes from another cluster may bring its own. */
function templateGeneration({ metadata }: DaemonSet): number {
  const text = metadata?.annotations?.[TEMPLATE_GENERATION] ?? '';
  return /^\d{1,15}$/.test(text) ? Math.max(1, Number(text)) : 1;
}

function setTemplateGeneration(set: DaemonSet, generation: number): void {
  const annotations = { ...set.metadata?.annotations, [TEMPLATE_GENERATION]: String(generation) };
  set.metadata = { ...set.metadata, annotations };
}

function applyDefaults(object: KubeObject): void {
  const { spec, metadata } = object as DaemonSet;
  // A field that is zero there, and so the annotation is its writer's who did not send it.
  if (metadata?.annotations?.[TEMPLATE_GENERATION] === undefined) setTemplateGeneration(object as DaemonSet, 0);
  if (spec === undefined) return;
  spec.updateStrategy ??= {};
  spec.updateStrategy.type ||= 'RollingUpdate';
  if (spec.updateStrategy.type === 'RollingUpdate') {
    const rolling = { ...spec.updateStrategy.rollingUpdate };
    rolling.maxUnavailable ??= 1;
    rolling.maxSurge ??= 0;
    spec.updateStrategy.rollingUpdate = rolling;
  }
  spec.revisionHistoryLimit ??= 10;
  defaultTemplate(spec);
}
