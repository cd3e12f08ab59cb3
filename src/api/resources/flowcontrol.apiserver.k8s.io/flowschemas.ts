// Flow schemas: which requests belong together, and at which priority level they wait for seats. The status says whether that
// level is there; the leading server writes it.
import { equalJson } from '../../json.ts';
import type { FlowSchema } from '../../types.ts';
import { validateConditions, validateFlowSchema } from '../../validation/flow-schema.ts';
import { AGE_COLUMN, column, defineResource, NAME_COLUMN, statusOf } from '../define.ts';
import { bySchemaOrder, DANGLING } from './built-in.ts';

const DEFAULT_PRECEDENCE = 1_000;

export const FLOW_SCHEMAS = defineResource({
  group: 'flowcontrol.apiserver.k8s.io',
  version: 'v1',
  plural: 'flowschemas',
  kind: 'FlowSchema',
  namespaced: false,
  subresources: [statusOf('flowcontrol.apiserver.k8s.io', 'v1', 'FlowSchema')],
  columns: [
    NAME_COLUMN,
    column<FlowSchema>('PriorityLevel', ({ spec }) => spec?.priorityLevelConfiguration?.name ?? ''),
    column<FlowSchema>('MatchingPrecedence', ({ spec }) => spec?.matchingPrecedence ?? 0),
    column<FlowSchema>('DistinguisherMethod', ({ spec }) => spec?.distinguisherMethod?.type ?? '<none>'),
    AGE_COLUMN,
    column<FlowSchema>('MissingPL', missingLevel, {
      description: 'references a broken or non-existent PriorityLevelConfiguration',
    }),
  ],
  tableOrder: (a, b) => bySchemaOrder(a as FlowSchema, b as FlowSchema),
  strategy: {
    hasGeneration: true,
    prepareForCreate(object) {
      (object as FlowSchema).status = {};
    },
    prepareForUpdate(object, old) {
      const schema = object as FlowSchema;
      schema.status = structuredClone((old as FlowSchema).status ?? {});
      return !equalJson(schema.spec, (old as FlowSchema).spec);
    },
    applyDefaults(object) {
      const { spec } = object as FlowSchema;
      // 0 too: Go cannot tell it from nothing.
      if (spec !== undefined) spec.matchingPrecedence ||= DEFAULT_PRECEDENCE;
    },
    validate: (object) => validateFlowSchema(object as FlowSchema),
    validateStatusUpdate: (object) => validateConditions((object as FlowSchema).status?.conditions),
  },
});

function missingLevel({ status }: FlowSchema): string {
  return status?.conditions?.find(({ type }) => type === DANGLING)?.status ?? '?';
}
