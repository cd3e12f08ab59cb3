// Component statuses: whether scheduler, controllers and store are well, as the server that is asked knows it; computed, never
// stored. Deprecated, and still what `kubectl get cs` prints.
import type { ComponentStatus } from '../../cluster-types.ts';
import { column, defineResource, NAME_COLUMN } from '../define.ts';

export const COMPONENT_STATUSES = defineResource({
  group: '',
  version: 'v1',
  plural: 'componentstatuses',
  kind: 'ComponentStatus',
  namespaced: false,
  verbs: ['get', 'list', 'watch'],
  shortNames: ['cs'],
  storage: 'none',
  deprecation: 'v1 ComponentStatus is deprecated in v1.19+',
  columns: [
    NAME_COLUMN,
    column<ComponentStatus>('Status', (object) => (healthy(object)?.status === 'True' ? 'Healthy' : 'Unhealthy')),
    column<ComponentStatus>('Message', (object) => healthy(object)?.message ?? ''),
    column<ComponentStatus>('Error', (object) => healthy(object)?.error ?? ''),
  ],
});

function healthy({ conditions }: ComponentStatus): NonNullable<ComponentStatus['conditions']>[number] | undefined {
  return conditions?.find(({ type }) => type === 'Healthy');
}
