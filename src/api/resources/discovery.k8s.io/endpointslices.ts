// EndpointSlices: the addresses behind a service, in slices of one address family.
import { isIP } from 'node:net';
import type { FieldError } from '../../definition.ts';
import { invalid, notSupported, required, tooMany } from '../../field-error.ts';
import { equalJson } from '../../json.ts';
import type { KubeObject } from '../../object.ts';
import type { EndpointSlice } from '../../types.ts';
import { AGE_COLUMN, column, defineResource, NAME_COLUMN } from '../define.ts';

export const ENDPOINTS_LIMIT = 1000;
export const ADDRESSES_LIMIT = 100;
const ADDRESS_TYPES = ['FQDN', 'IPv4', 'IPv6'];

export const ENDPOINT_SLICES = defineResource({
  group: 'discovery.k8s.io',
  version: 'v1',
  plural: 'endpointslices',
  kind: 'EndpointSlice',
  namespaced: true,
  columns: [
    NAME_COLUMN,
    column<EndpointSlice>('AddressType', ({ addressType }) => addressType),
    column<EndpointSlice>('Ports', portsText),
    column<EndpointSlice>('Endpoints', endpointsText),
    AGE_COLUMN,
  ],
  strategy: {
    hasGeneration: true,
    applyDefaults,
    prepareForUpdate(object, old) {
      const bare = ({ metadata, ...rest }: KubeObject): unknown => ({ ...rest, labels: metadata?.labels });
      return !equalJson(bare(object), bare(old));
    },
    validate: (object) => validateSlice(object as EndpointSlice),
    validateUpdate: (object, old) =>
      (object as EndpointSlice).addressType === (old as EndpointSlice).addressType
        ? []
        : [invalid('addressType', (object as EndpointSlice).addressType, 'field is immutable')],
  },
});

function applyDefaults(object: KubeObject): void {
  const slice = object as EndpointSlice;
  slice.endpoints ??= [];
  for (const port of slice.ports ?? []) {
    port.name ??= '';
    port.protocol ||= 'TCP';
  }
}

function portsText({ ports }: EndpointSlice): string {
  return ports === undefined || ports.length === 0
    ? '<unset>'
    : limited(ports.map(({ port, name }) => String(port ?? name ?? '*')));
}

function endpointsText({ endpoints }: EndpointSlice): string {
  const addresses = (endpoints ?? []).flatMap((endpoint) => endpoint.addresses);
  return addresses.length === 0 ? '<unset>' : limited(addresses);
}

const SHOWN = 3;

function limited(items: readonly string[]): string {
  const more = items.length - SHOWN;
  return `${items.slice(0, SHOWN).join(',')}${more > 0 ? ` + ${more} more...` : ''}`;
}

function validateSlice(slice: EndpointSlice): FieldError[] {
  const errors: FieldError[] = [];
  const { addressType, endpoints = [], ports = [] } = slice;
  if (!addressType) errors.push(required('addressType'));
  else if (!ADDRESS_TYPES.includes(addressType)) errors.push(notSupported('addressType', addressType, ADDRESS_TYPES));
  if (endpoints.length > ENDPOINTS_LIMIT) errors.push(tooMany('endpoints', endpoints.length, ENDPOINTS_LIMIT));
  for (const [index, { addresses = [] }] of endpoints.entries()) {
    const at = `endpoints[${index}].addresses`;
    if (addresses.length === 0) errors.push(required(at, 'must contain at least 1 address'));
    if (addresses.length > ADDRESSES_LIMIT) errors.push(tooMany(at, addresses.length, ADDRESSES_LIMIT));
    for (const [position, address] of addresses.entries()) {
      const family = isIP(address);
      if ((addressType === 'IPv4' && family !== 4) || (addressType === 'IPv6' && family !== 6)) {
        errors.push(invalid(`${at}[${position}]`, address, `must be an ${addressType} address`));
      }
    }
  }
  const names = new Set<string>();
  for (const [index, { name = '', port, protocol = 'TCP' }] of ports.entries()) {
    const at = `ports[${index}]`;
    if (names.has(name)) errors.push({ type: 'duplicate', field: `${at}.name`, value: name, detail: '' });
    names.add(name);
    if (port !== undefined && !(port >= 1 && port <= 65535)) {
      errors.push(invalid(`${at}.port`, port, 'must be between 1 and 65535, inclusive'));
    }
    if (!['TCP', 'UDP', 'SCTP'].includes(protocol))
      errors.push(notSupported(`${at}.protocol`, protocol, ['TCP', 'UDP', 'SCTP']));
  }
  return errors;
}
