// Nodes: machines that run pods. Kubelets register them with their status; labels with node-role.kubernetes.io/ are the
// roles that tables show.
import type { FieldError } from '../../definition.ts';
import { addFindings, duplicate, forbidden, invalid, notSupported, required } from '../../field-error.ts';
import { equalJson } from '../../json.ts';
import type { Node } from '../../types.ts';
import { labelKeyProblems, labelValueProblems } from '../../validation/labels.ts';
import { AGE_COLUMN, column, defineResource, NAME_COLUMN, statusOf } from '../define.ts';

export const NODES = defineResource({
  group: '',
  version: 'v1',
  plural: 'nodes',
  kind: 'Node',
  namespaced: false,
  shortNames: ['no'],
  subresources: [statusOf('', 'v1', 'Node')],
  columns: [
    NAME_COLUMN,
    column<Node>('Status', statusText),
    column<Node>('Roles', rolesText),
    AGE_COLUMN,
    column<Node>('Version', ({ status }) => status?.nodeInfo?.kubeletVersion ?? ''),
    column<Node>('Internal-IP', (node) => addressText(node, 'InternalIP'), { wide: true }),
    column<Node>('External-IP', (node) => addressText(node, 'ExternalIP'), { wide: true }),
    column<Node>('OS-Image', ({ status }) => status?.nodeInfo?.osImage || '<unknown>', { wide: true }),
    column<Node>('Kernel-Version', ({ status }) => status?.nodeInfo?.kernelVersion || '<unknown>', { wide: true }),
    column<Node>('Container-Runtime', ({ status }) => status?.nodeInfo?.containerRuntimeVersion || '<unknown>', {
      wide: true,
    }),
  ],
  strategy: {
    prepareForUpdate(object, old) {
      const { status } = old as Node;
      if (status === undefined) delete (object as Node).status;
      else (object as Node).status = { ...status };
      return false;
    },
    applyDefaults(object) {
      const { status } = object as Node;
      if (status !== undefined && status.allocatable === undefined && status.capacity !== undefined) {
        status.allocatable = { ...status.capacity };
      }
    },
    validate: (object) => validateTaints(object as Node),
    validateUpdate: (object, old) => validateNodeUpdate(object as Node, old as Node),
    selectableFields: (object) => ({ 'spec.unschedulable': String((object as Node).spec?.unschedulable ?? false) }),
    selectableFieldNames: ['spec.unschedulable'],
  },
});

function statusText({ spec, status }: Node): string {
  const ready = status?.conditions?.find(({ type }) => type === 'Ready');
  const words = [ready === undefined ? 'Unknown' : ready.status === 'True' ? 'Ready' : 'NotReady'];
  if (spec?.unschedulable === true) words.push('SchedulingDisabled');
  return words.join(',');
}

const ROLE_PREFIX = 'node-role.kubernetes.io/';

function rolesText({ metadata }: Node): string {
  const roles = new Set<string>();
  for (const [key, value] of Object.entries(metadata?.labels ?? {})) {
    if (key.startsWith(ROLE_PREFIX) && key.length > ROLE_PREFIX.length) roles.add(key.slice(ROLE_PREFIX.length));
    else if (key === 'kubernetes.io/role' && value !== '') roles.add(value);
  }
  return roles.size === 0 ? '<none>' : [...roles].sort().join(',');
}

function addressText({ status }: Node, type: string): string {
  return status?.addresses?.find((address) => address.type === type)?.address ?? '<none>';
}

const EFFECTS = ['NoExecute', 'NoSchedule', 'PreferNoSchedule'];

function validateTaints({ spec }: Node): FieldError[] {
  const errors: FieldError[] = [];
  const seen = new Set<string>();
  for (const [index, taint] of (spec?.taints ?? []).entries()) {
    const at = `spec.taints[${index}]`;
    addFindings(
      errors,
      labelKeyProblems(taint.key).map((problem) => invalid(`${at}.key`, taint.key, problem)),
    );
    addFindings(
      errors,
      labelValueProblems(taint.value ?? '').map((problem) => invalid(`${at}.value`, taint.value, problem)),
    );
    if (!taint.effect) errors.push(required(`${at}.effect`));
    else if (!EFFECTS.includes(taint.effect)) errors.push(notSupported(`${at}.effect`, taint.effect, EFFECTS));
    const identity = `${taint.key}:${taint.effect}`;
    if (seen.has(identity)) errors.push(duplicate(at, taint));
    seen.add(identity);
  }
  return errors;
}

function validateNodeUpdate(object: Node, old: Node): FieldError[] {
  const errors: FieldError[] = [];
  for (const field of ['podCIDRs', 'providerID'] as const) {
    const before = old.spec?.[field];
    if (before !== undefined && before.length > 0 && !equalJson(object.spec?.[field], before)) {
      errors.push(
        forbidden(
          `spec.${field}`,
          'node updates may only change labels, taints, or capacity (or configSource, if the DynamicKubeletConfig feature gate is enabled)',
        ),
      );
    }
  }
  return errors;
}
