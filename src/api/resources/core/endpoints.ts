// Endpoints: the older list of a service's addresses, one object per service.

import { isIP } from 'node:net';
import type { FieldError } from '../../definition.ts';
import { invalid, notSupported, required } from '../../field-error.ts';
import type { KubeObject } from '../../object.ts';
import type { Endpoints } from '../../types.ts';
import { AGE_COLUMN, column, defineResource, NAME_COLUMN } from '../define.ts';

export const ENDPOINTS = defineResource({
  group: '',
  version: 'v1',
  plural: 'endpoints',
  kind: 'Endpoints',
  listKind: 'EndpointsList',
  singular: 'endpoints',
  namespaced: true,
  shortNames: ['ep'],
  deprecation: 'v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice',
  columns: [NAME_COLUMN, column<Endpoints>('Endpoints', addressesText), AGE_COLUMN],
  strategy: { allowCreateOnUpdate: true, validate: (object) => validateEndpoints(object) },
});

const SHOWN_ADDRESSES = 3;

function addressesText({ subsets = [] }: Endpoints): string {
  if (subsets.length === 0) return '<none>';
  const all = subsets.flatMap(({ addresses = [], ports }) =>
    ports === undefined || ports.length === 0
      ? addresses.map(({ ip }) => ip)
      : ports.flatMap(({ port }) => addresses.map(({ ip }) => `${isIP(ip) === 6 ? `[${ip}]` : ip}:${port}`)),
  );
  const more = all.length - SHOWN_ADDRESSES;
  return `${all.slice(0, SHOWN_ADDRESSES).join(',')}${more > 0 ? ` + ${more} more...` : ''}`;
}

function validateEndpoints(object: KubeObject): FieldError[] {
  const errors: FieldError[] = [];
  for (const [index, subset] of ((object as Endpoints).subsets ?? []).entries()) {
    const at = `subsets[${index}]`;
    const addresses = [...(subset.addresses ?? []), ...(subset.notReadyAddresses ?? [])];
    if (addresses.length === 0) errors.push(required(at, 'must specify `addresses` or `notReadyAddresses`'));
    for (const [position, { ip }] of addresses.entries()) {
      if (isIP(ip ?? '') === 0)
        errors.push(
          invalid(
            `${at}.addresses[${position}].ip`,
            ip,
            'must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)',
          ),
        );
    }
    for (const [position, port] of (subset.ports ?? []).entries()) {
      const place = `${at}.ports[${position}]`;
      if (!(port.port >= 1 && port.port <= 65535))
        errors.push(invalid(`${place}.port`, port.port, 'must be between 1 and 65535, inclusive'));
      if (!['TCP', 'UDP', 'SCTP'].includes(port.protocol ?? 'TCP'))
        errors.push(notSupported(`${place}.protocol`, port.protocol, ['TCP', 'UDP', 'SCTP']));
    }
  }
  return errors;
}
