// Ingresses: which host and path lead to which service. Somebody else's controller obeys them and reports its addresses.
import type { Ingress } from '../../cluster-types.ts';
import { validateIngress, validateIngressClassAnnotation, validateIngressStatus } from '../../validation/ingress.ts';
import { AGE_COLUMN, column, defineResource, NAME_COLUMN, statusOf } from '../define.ts';
import { withStatus } from '../strategies.ts';

export const INGRESSES = defineResource({
  group: 'networking.k8s.io',
  version: 'v1',
  plural: 'ingresses',
  kind: 'Ingress',
  namespaced: true,
  shortNames: ['ing'],
  subresources: [statusOf('networking.k8s.io', 'v1', 'Ingress')],
  columns: [
    NAME_COLUMN,
    column<Ingress>('Class', ({ spec }) => spec?.ingressClassName ?? '<none>'),
    column<Ingress>('Hosts', hostsText),
    column<Ingress>('Address', addressText),
    column<Ingress>('Ports', ({ spec }) => (spec?.tls === undefined || spec.tls.length === 0 ? '80' : '80, 443')),
    AGE_COLUMN,
  ],
  strategy: {
    ...withStatus(true, { loadBalancer: {} }),
    validate: (object) => validateIngress(object as Ingress),
    validateCreate: (object) => validateIngressClassAnnotation(object as Ingress),
    validateStatusUpdate: (object) => validateIngressStatus(object as Ingress),
  },
});

const SHOWN_HOSTS = 3;

/** Once three hosts are shown, what is left out are the other rules, whether they name a host or not. */
function hostsText({ spec }: Ingress): string {
  const rules = spec?.rules ?? [];
  const hosts: string[] = [];
  let isMore = false;
  for (const { host } of rules) {
    if (hosts.length === SHOWN_HOSTS) isMore = true;
    else if (host) hosts.push(host);
  }
  if (hosts.length === 0) return '*';
  return `${hosts.join(',')}${isMore ? ` + ${rules.length - SHOWN_HOSTS} more...` : ''}`;
}

function addressText({ status }: Ingress): string {
  const addresses = (status?.loadBalancer?.ingress ?? []).map(({ ip, hostname }) => ip || hostname || '');
  return [...new Set(addresses)].sort().join(',');
}
