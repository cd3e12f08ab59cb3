// Priority levels: how many of a server's seats their requests share, how many of them others may borrow, and whether requests
// beyond that wait in queues or are refused.
import { equalJson } from '../../json.ts';
import type { KubeObject } from '../../object.ts';
import type { PriorityLevelConfiguration } from '../../types.ts';
import { validateConditions } from '../../validation/flow-schema.ts';
import { validatePriorityLevel } from '../../validation/priority-level.ts';
import { AGE_COLUMN, column, defineResource, NAME_COLUMN, statusOf } from '../define.ts';

type Level = PriorityLevelConfiguration;

const NONE = '<none>';
const DEFAULT_SHARES = 30;
const DEFAULT_QUEUES = 64;
const DEFAULT_HAND_SIZE = 8;
const DEFAULT_QUEUE_LENGTH = 50;

export const PRIORITY_LEVEL_CONFIGURATIONS = defineResource({
  group: 'flowcontrol.apiserver.k8s.io',
  version: 'v1',
  plural: 'prioritylevelconfigurations',
  kind: 'PriorityLevelConfiguration',
  namespaced: false,
  subresources: [statusOf('flowcontrol.apiserver.k8s.io', 'v1', 'PriorityLevelConfiguration')],
  columns: [
    NAME_COLUMN,
    column<Level>('Type', ({ spec }) => spec?.type ?? ''),
    column<Level>('NominalConcurrencyShares', ({ spec }) => spec?.limited?.nominalConcurrencyShares ?? NONE),
    column<Level>('Queues', (object) => queuingOf(object)?.queues ?? NONE),
    column<Level>('HandSize', (object) => queuingOf(object)?.handSize ?? NONE),
    column<Level>('QueueLengthLimit', (object) => queuingOf(object)?.queueLengthLimit ?? NONE),
    AGE_COLUMN,
  ],
  strategy: {
    hasGeneration: true,
    prepareForCreate(object) {
      (object as Level).status = {};
    },
    prepareForUpdate(object, old) {
      const level = object as Level;
      level.status = structuredClone((old as Level).status ?? {});
      return !equalJson(level.spec, (old as Level).spec);
    },
    applyDefaults,
    validate: (object) => validatePriorityLevel(object as Level),
    validateStatusUpdate: (object) => validateConditions((object as Level).status?.conditions),
  },
});

function queuingOf({
  spec,
}: Level): NonNullable<NonNullable<NonNullable<Level['spec']>['limited']>['limitResponse']>['queuing'] {
  return spec?.limited?.limitResponse?.queuing;
}

/** Shares of 0 are meant: they make a level that nothing leaves. */
function applyDefaults(object: KubeObject): void {
  const { limited, exempt } = (object as Level).spec ?? {};
  if (limited !== undefined) {
    limited.nominalConcurrencyShares ??= DEFAULT_SHARES;
    limited.lendablePercent ??= 0;
  }
  if (exempt !== undefined) {
    exempt.nominalConcurrencyShares ??= 0;
    exempt.lendablePercent ??= 0;
  }
  const queuing = queuingOf(object as Level);
  if (queuing === undefined) return;
  queuing.queues ||= DEFAULT_QUEUES;
  queuing.handSize ||= DEFAULT_HAND_SIZE;
  queuing.queueLengthLimit ||= DEFAULT_QUEUE_LENGTH;
}
