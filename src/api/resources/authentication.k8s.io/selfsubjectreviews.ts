// Who am I: kubectl auth whoami; computed, never stored.
import { defineResource } from '../define.ts';

export const SELF_SUBJECT_REVIEWS = defineResource({
  group: 'authentication.k8s.io',
  version: 'v1',
  plural: 'selfsubjectreviews',
  kind: 'SelfSubjectReview',
  namespaced: false,
  verbs: ['create'],
  storage: 'none',
  columns: [],
});
