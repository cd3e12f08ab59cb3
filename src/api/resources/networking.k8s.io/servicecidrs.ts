// Service CIDRs: ranges for cluster IPs. What is there stays; the other family may be added.
import type { ServiceCIDR } from '../../cluster-types.ts';
import type { FieldError } from '../../definition.ts';
import { invalid, problemsAt, required } from '../../field-error.ts';
import { cidrProblems, parseCidr } from '../../validation/ip.ts';
import { AGE_COLUMN, column, defineResource, NAME_COLUMN, statusOf } from '../define.ts';
import { withStatus } from '../strategies.ts';

const FAMILIES = 2;

export const SERVICE_CIDRS = defineResource({
  group: 'networking.k8s.io',
  version: 'v1',
  plural: 'servicecidrs',
  kind: 'ServiceCIDR',
  namespaced: false,
  subresources: [statusOf('networking.k8s.io', 'v1', 'ServiceCIDR')],
  columns: [NAME_COLUMN, column<ServiceCIDR>('CIDRs', ({ spec }) => (spec?.cidrs ?? []).join(',')), AGE_COLUMN],
  strategy: {
    ...withStatus(false),
    validate: (object) => validateCidrs((object as ServiceCIDR).spec?.cidrs ?? []),
    validateUpdate: (object, old) =>
      validateCidrsUpdate((object as ServiceCIDR).spec?.cidrs ?? [], (old as ServiceCIDR).spec?.cidrs ?? []),
  },
});

const AT = 'spec.cidrs';

function validateCidrs(cidrs: readonly string[]): FieldError[] {
  if (cidrs.length === 0) return [required(AT, 'at least one CIDR required')];
  if (cidrs.length > FAMILIES) return [invalid(AT, cidrs, 'may only hold up to 2 values')];
  const errors = cidrs.flatMap((cidr, index) => problemsAt(`${AT}[${index}]`, cidr, cidrProblems(cidr, 'canonical')));
  const [first, second] = cidrs.map((cidr) => parseCidr(cidr)?.family);
  if (cidrs.length === FAMILIES && first !== undefined && first === second) {
    const detail = 'may specify no more than one IP for each IP family, i.e 192.168.0.0/24 and 2001:db8::/64';
    errors.push(invalid(AT, cidrs, detail));
  }
  return errors;
}

function validateCidrsUpdate(cidrs: readonly string[], old: readonly string[]): FieldError[] {
  const grows = old.length === 1 && cidrs.length === FAMILIES;
  if (cidrs.length !== old.length && !grows) return [invalid(AT, cidrs, 'field is immutable')];
  return old.flatMap((cidr, index) =>
    cidr === cidrs[index] ? [] : [invalid(`${AT}[${index}]`, cidrs[index], 'field is immutable')],
  );
}
