// What may I: kubectl auth can-i --list; computed, never stored.
import { defineResource } from '../define.ts';

export const SELF_SUBJECT_RULES_REVIEWS = defineResource({
  group: 'authorization.k8s.io',
  version: 'v1',
  plural: 'selfsubjectrulesreviews',
  kind: 'SelfSubjectRulesReview',
  namespaced: false,
  verbs: ['create'],
  storage: 'none',
  columns: [],
});
