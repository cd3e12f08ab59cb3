// Who does a bearer token stand for: asked by kubelets and webhooks; computed, never stored.
import { defineResource } from '../define.ts';

export const TOKEN_REVIEWS = defineResource({
  group: 'authentication.k8s.io',
  version: 'v1',
  plural: 'tokenreviews',
  kind: 'TokenReview',
  namespaced: false,
  verbs: ['create'],
  storage: 'none',
  columns: [],
});
