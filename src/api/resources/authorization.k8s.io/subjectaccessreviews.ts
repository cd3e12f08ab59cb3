// May they: asked by kubelets and webhooks about others; computed, never stored.
import { defineResource } from '../define.ts';

export const SUBJECT_ACCESS_REVIEWS = defineResource({
  group: 'authorization.k8s.io',
  version: 'v1',
  plural: 'subjectaccessreviews',
  kind: 'SubjectAccessReview',
  namespaced: false,
  verbs: ['create'],
  storage: 'none',
  columns: [],
});
