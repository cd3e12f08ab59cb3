// Network policies: which traffic pods admit. They are kept and checked here; a network plugin obeys them.
import type { NetworkPolicy } from '../../cluster-types.ts';
import type { KubeObject } from '../../object.ts';
import { matcherOfSelector } from '../../selectors/label-selector.ts';
import { validateNetworkPolicy } from '../../validation/network-policy.ts';
import { AGE_COLUMN, column, defineResource, NAME_COLUMN } from '../define.ts';
import { generationBy } from '../strategies.ts';

export const NETWORK_POLICIES = defineResource({
  group: 'networking.k8s.io',
  version: 'v1',
  plural: 'networkpolicies',
  kind: 'NetworkPolicy',
  namespaced: true,
  shortNames: ['netpol'],
  columns: [
    NAME_COLUMN,
    column<NetworkPolicy>('Pod-Selector', ({ spec }) => matcherOfSelector(spec?.podSelector).toString() || '<none>'),
    AGE_COLUMN,
  ],
  strategy: {
    ...generationBy(),
    applyDefaults,
    validate: (object) => validateNetworkPolicy(object as NetworkPolicy),
  },
});

function applyDefaults(object: KubeObject): void {
  const policy = object as NetworkPolicy;
  policy.spec ??= {};
  const { spec } = policy;
  // A selector of all pods, which is what Go makes of an absent one.
  spec.podSelector ??= {};
  for (const rule of [...(spec.ingress ?? []), ...(spec.egress ?? [])])
    for (const port of rule.ports ?? []) port.protocol ??= 'TCP';
  if ((spec.policyTypes ?? []).length > 0) return;
  spec.policyTypes = (spec.egress ?? []).length > 0 ? ['Ingress', 'Egress'] : ['Ingress'];
}
