// May I: kubectl auth can-i; computed, never stored.
import { defineResource } from '../define.ts';

export const SELF_SUBJECT_ACCESS_REVIEWS = defineResource({
  group: 'authorization.k8s.io',
  version: 'v1',
  plural: 'selfsubjectaccessreviews',
  kind: 'SelfSubjectAccessReview',
  namespaced: false,
  verbs: ['create'],
  storage: 'none',
  columns: [],
});
