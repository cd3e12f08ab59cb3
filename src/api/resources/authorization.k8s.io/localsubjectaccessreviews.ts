// May they, within this namespace: for those who may ask about no other; computed, never stored.
import { defineResource } from '../define.ts';

export const LOCAL_SUBJECT_ACCESS_REVIEWS = defineResource({
  group: 'authorization.k8s.io',
  version: 'v1',
  plural: 'localsubjectaccessreviews',
  kind: 'LocalSubjectAccessReview',
  namespaced: true,
  verbs: ['create'],
  storage: 'none',
  columns: [],
});
