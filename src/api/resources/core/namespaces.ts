// Namespaces: they begin Active with the finalizer `kubernetes`, which only the finalize subresource removes, and carry
// their name as a label, so that selectors can name them.
import type { FieldError } from '../../definition.ts';
import { invalid } from '../../field-error.ts';
import type { KubeObject } from '../../object.ts';
import type { Namespace } from '../../types.ts';
import { AGE_COLUMN, column, defineResource, NAME_COLUMN, statusOf } from '../define.ts';

const NAME_LABEL = 'kubernetes.io/metadata.name';

export const NAMESPACES = defineResource({
  group: '',
  version: 'v1',
  plural: 'namespaces',
  kind: 'Namespace',
  namespaced: false,
  verbs: ['create', 'delete', 'get', 'list', 'patch', 'update', 'watch'],
  shortNames: ['ns'],
  subresources: [
    { name: 'finalize', verbs: ['update'], kind: 'Namespace', group: '', version: 'v1' },
    statusOf('', 'v1', 'Namespace'),
  ],
  columns: [NAME_COLUMN, column<Namespace>('Status', ({ status }) => status?.phase ?? ''), AGE_COLUMN],
  strategy: {
    nameRule: 'dns1123Label',
    prepareForCreate(object) {
      const namespace = object as Namespace;
      namespace.status = { phase: 'Active' };
      const finalizers = namespace.spec?.finalizers ?? [];
      namespace.spec = { finalizers: finalizers.includes('kubernetes') ? finalizers : [...finalizers, 'kubernetes'] };
    },
    applyDefaults: labelWithName,
    prepareForUpdate(object, old) {
      const namespace = object as Namespace;
      const before = old as Namespace;
      namespace.spec = { ...before.spec };
      namespace.status = { ...before.status };
      return false;
    },
    prepareForStatusUpdate(object, old) {
      (object as Namespace).spec = { ...(old as Namespace).spec };
    },
    validateStatusUpdate: (object) => validatePhase(object as Namespace),
    selectableFields: (object) => ({ 'status.phase': (object as Namespace).status?.phase ?? '' }),
    selectableFieldNames: ['status.phase'],
  },
});

function labelWithName(object: KubeObject): void {
  const name = object.metadata?.name;
  if (name === undefined || object.metadata === undefined) return;
  object.metadata.labels = { ...object.metadata.labels, [NAME_LABEL]: name };
}

function validatePhase({ metadata, status }: Namespace): FieldError[] {
  const deleting = metadata?.deletionTimestamp !== undefined;
  if (deleting && status?.phase !== 'Terminating') {
    return [invalid('status.Phase', status?.phase, "may only be 'Terminating' if `deletionTimestamp` is not empty")];
  }
  if (!deleting && status?.phase !== 'Active') {
    return [invalid('status.Phase', status?.phase, "may only be 'Active' if `deletionTimestamp` is empty")];
  }
  return [];
}
