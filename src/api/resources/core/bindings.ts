// Bindings: POST assigns a pod to a node, as the older form of pods/binding; never stored.
import { defineResource } from '../define.ts';

export const BINDINGS = defineResource({
  group: '',
  version: 'v1',
  plural: 'bindings',
  kind: 'Binding',
  namespaced: true,
  verbs: ['create'],
  storage: 'none',
  columns: [],
});
