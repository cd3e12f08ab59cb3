// Cluster IPs and node ports. Each that is taken is an internal record, `~clusterips//<ip>` and `~nodeports//<port>`,
// written on the condition that it is absent, by the command that stores the service, and deleted with it: two servers
// cannot give one address to two services, and none is ever leaked. A cluster IP's IPAddress is written and deleted likewise.
import {
  ApiError,
  type FieldError,
  invalid,
  invalidError,
  type KubeObject,
  needsHealthCheck,
  type Service,
  type ServicePort,
  type ServiceSpec,
} from '../../api/index.ts';
import type { Prng } from '../../lib/index.ts';
import { type Condition, type Snapshot, type StoreKey, storeKey, type Write } from '../../store/index.ts';
import type { Operation } from '../handlers/operation.ts';
import { internalEnvelope } from './codec.ts';
import { type AddressOwner, ipAddressEnvelope, ipAddressKey, isIpAddressKey } from './ip-addresses.ts';

export interface ServiceAddresses {
  readonly conditions: readonly Condition[];
  readonly writes: readonly Write[];
}

const NOTHING: ServiceAddresses = { conditions: [], writes: [] };
const IP_RECORDS = '~clusterips';
const PORT_RECORDS = '~nodeports';
/** The internal resources that all records are of. */
export const ADDRESS_RECORDS: readonly string[] = [IP_RECORDS, PORT_RECORDS];
export const DEFAULT_NODE_PORTS = { first: 30_000, last: 32_767 } as const;
/** Random tries before the range is searched from a random place. */
const RANDOM_TRIES = 16;

const ipKey = (ip: string): StoreKey => storeKey(IP_RECORDS, '', ip);
const portKey = (port: number): StoreKey => storeKey(PORT_RECORDS, '', String(port));

/** Gives a new service its addresses, in place. Throws ApiError 422 for taken ones, 500 when none is left. */
export function allocateForCreate(operation: Operation, object: KubeObject, snapshot: Snapshot): ServiceAddresses {
  return isService(operation) ? allocate(operation, object as Service, undefined, snapshot) : NOTHING;
}

/** The same for a changed service: what it has it keeps, what it no longer needs is freed. */
export function allocateForUpdate(
  operation: Operation,
  object: KubeObject,
  old: KubeObject,
  snapshot: Snapshot,
): ServiceAddresses {
  return isService(operation) ? allocate(operation, object as Service, old as Service, snapshot) : NOTHING;
}

/** Frees everything that a deleted service held. */
export function releaseForDelete(operation: Operation, old: KubeObject): readonly Write[] {
  if (!isService(operation)) return [];
  return [...heldKeys(old as Service)].map((key) => ({ kind: 'delete', key }));
}

function isService({ definition }: Operation): boolean {
  return definition.group === '' && definition.kind === 'Service';
}

function allocate(
  operation: Operation,
  service: Service,
  old: Service | undefined,
  snapshot: Snapshot,
): ServiceAddresses {
  const { spec } = service;
  if (spec === undefined) return NOTHING;
  const { options } = operation.server;
  const held = old === undefined ? new Set<StoreKey>() : heldKeys(old);
  const free = (key: StoreKey): boolean => held.has(key) || snapshot.get(key) === undefined;
  settleClusterIp(service, spec, old?.spec, options.serviceCidr, options.random, free);
  settleNodePorts(service, spec, old?.spec, options.nodePortRange ?? DEFAULT_NODE_PORTS, options.random, free);
  settleHealthCheckPort(spec, options.nodePortRange ?? DEFAULT_NODE_PORTS, options.random, free);
  const wanted = heldKeys(service);
  const added = [...wanted].filter((key) => !held.has(key));
  const freed = [...held].filter((key) => !wanted.has(key));
  const owner = { namespace: service.metadata?.namespace ?? '', name: service.metadata?.name ?? '' };
  return {
    conditions: added.map((key) => ({ kind: 'absent', key })),
    writes: [
      ...added.map((key) => recordAddress(key, owner, options)),
      ...freed.map((key): Write => ({ kind: 'delete', key })),
    ],
  };
}

/** Records whose an address is. */
export function recordAddress(key: StoreKey, owner: AddressOwner, options: Operation['server']['options']): Write {
  const envelope = isIpAddressKey(key)
    ? ipAddressEnvelope(key, owner, options)
    : internalEnvelope({ service: `${owner.namespace}/${owner.name}` });
  return { kind: 'put', key, envelope };
}

/** The records that a service's spec stands for. */
export function heldKeys(service: Service): ReadonlySet<StoreKey> {
  const keys = new Set<StoreKey>();
  const { spec } = service;
  if (spec === undefined) return keys;
  if (hasClusterIp(spec) && spec.clusterIP !== undefined && spec.clusterIP !== '') {
    keys.add(ipKey(spec.clusterIP));
    keys.add(ipAddressKey(spec.clusterIP));
  }
  for (const { nodePort } of spec.ports ?? [])
    if (nodePort !== undefined && nodePort !== 0) keys.add(portKey(nodePort));
  if (spec.healthCheckNodePort !== undefined && spec.healthCheckNodePort !== 0)
    keys.add(portKey(spec.healthCheckNodePort));
  return keys;
}

function hasClusterIp(spec: ServiceSpec): boolean {
  return spec.type !== 'ExternalName' && spec.clusterIP !== 'None';
}

function settleClusterIp(
  service: Service,
  spec: ServiceSpec,
  old: ServiceSpec | undefined,
  cidr: string,
  random: Prng,
  free: (key: StoreKey) => boolean,
): void {
  if (spec.type === 'ExternalName') return;
  if (old !== undefined && old.type !== 'ExternalName' && (spec.clusterIP ?? '') === '' && old.clusterIP !== undefined)
    spec.clusterIP = old.clusterIP;
  spec.clusterIP = spec.clusterIP || spec.clusterIPs?.[0] || '';
  spec.ipFamilies ??= ['IPv4'];
  spec.ipFamilyPolicy ??= 'SingleStack';
  if (spec.clusterIP !== 'None') {
    const range = parseCidr(cidr);
    if (spec.clusterIP === '') spec.clusterIP = pickIp(range, random, free);
    else refuseTakenIp(service, spec.clusterIP, range, free);
  }
  spec.clusterIPs = [spec.clusterIP];
}

interface Ipv4Range {
  readonly first: number;
  readonly size: number;
}

/** The usable addresses: neither the network's own nor the broadcast one. */
export function parseCidr(cidr: string): Ipv4Range {
  const [address = '', bits = ''] = cidr.split('/');
  const length = Number(bits);
  const base = parseIpv4(address);
  if (base === undefined || !Number.isInteger(length) || length < 8 || length > 30)
    throw new RangeError(`the service range must be an IPv4 network of 8 to 30 bits, not ${cidr}`);
  const total = 2 ** (32 - length);
  return { first: base - (base % total) + 1, size: total - 2 };
}

/** The range with its first address: 10.96.0.0/16 for 10.96.0.7/16. */
export function networkOf(cidr: string): string {
  return `${formatIpv4(parseCidr(cidr).first - 1)}/${cidr.split('/')[1]}`;
}

export function parseIpv4(text: string): number | undefined {
  const parts = text.split('.');
  if (parts.length !== 4 || parts.some((part) => !/^(?:0|[1-9]\d{0,2})$/.test(part) || Number(part) > 255))
    return undefined;
  return parts.reduce((value, part) => value * 256 + Number(part), 0);
}

export function formatIpv4(value: number): string {
  return [value / 2 ** 24, value / 2 ** 16, value / 2 ** 8, value].map((part) => Math.floor(part) % 256).join('.');
}

/** The first usable address: the service `kubernetes`. */
export function apiServiceIp(cidr: string): string {
  return formatIpv4(parseCidr(cidr).first);
}

/** Asked-for addresses come from the low part of the range by custom, so that picked ones come from above it. */
function pickIp(range: Ipv4Range, random: Prng, free: (key: StoreKey) => boolean): string {
  const reserved = Math.min(Math.max(16, Math.floor(range.size / 16)), 256);
  const from = range.size > 4 * reserved ? reserved : 1;
  const found =
    search(range.first + from, range.size - from, random, (ip) => isFreeIp(formatIpv4(ip), free)) ??
    search(range.first + 1, from - 1, random, (ip) => isFreeIp(formatIpv4(ip), free));
  if (found === undefined) throw exhausted('failed to allocate a serviceIP: range is full');
  return formatIpv4(found);
}

/** Neither a service's nor anybody's who made an IPAddress of it. */
function isFreeIp(ip: string, free: (key: StoreKey) => boolean): boolean {
  return free(ipKey(ip)) && free(ipAddressKey(ip));
}

function refuseTakenIp(service: Service, ip: string, range: Ipv4Range, free: (key: StoreKey) => boolean): void {
  const value = parseIpv4(ip);
  const inside = value !== undefined && value >= range.first && value < range.first + range.size;
  const why = !inside
    ? `failed to allocate IP ${ip}: the provided network does not match the current range`
    : isFreeIp(ip, free)
      ? undefined
      : `failed to allocate IP ${ip}: provided IP is already allocated`;
  if (why !== undefined) throw refused(service, invalid('spec.clusterIPs', [ip], why));
}

interface PortRange {
  readonly first: number;
  readonly last: number;
}

/** The port where nodes tell a balancer whether they have pods of the service. */
function settleHealthCheckPort(
  spec: ServiceSpec,
  range: PortRange,
  random: Prng,
  free: (key: StoreKey) => boolean,
): void {
  if (!needsHealthCheck(spec)) return;
  const asked = spec.healthCheckNodePort ?? 0;
  const taken = new Set((spec.ports ?? []).map(({ nodePort }) => nodePort));
  const isFree = (port: number): boolean => !taken.has(port) && free(portKey(port));
  if (asked === 0) {
    const found = search(range.first, range.last - range.first + 1, random, isFree);
    if (found === undefined) throw exhausted('failed to allocate a HealthCheck NodePort 0: range is full');
    spec.healthCheckNodePort = found;
  } else if (!inRange(asked, range) || !isFree(asked)) {
    throw exhausted(`failed to allocate requested HealthCheck NodePort ${asked}: ${refusalOfPort(asked, range)}`);
  }
}

function settleNodePorts(
  service: Service,
  spec: ServiceSpec,
  old: ServiceSpec | undefined,
  range: PortRange,
  random: Prng,
  free: (key: StoreKey) => boolean,
): void {
  const ports = spec.ports ?? [];
  if (spec.type !== 'NodePort' && spec.type !== 'LoadBalancer') {
    for (const port of ports) delete port.nodePort;
    return;
  }
  const taken = new Set<number>();
  for (const [index, port] of ports.entries()) {
    if ((port.nodePort ?? 0) === 0) {
      const kept = old?.ports?.find((candidate) => samePort(candidate, port))?.nodePort;
      if (kept !== undefined && !taken.has(kept)) port.nodePort = kept;
    } else if (!portAvailable(port, range, free)) {
      const why = refusalOfPort(port.nodePort ?? 0, range);
      throw refused(service, invalid(`spec.ports[${index}].nodePort`, port.nodePort, why));
    }
    if (port.nodePort !== undefined) taken.add(port.nodePort);
  }
  // Such a load balancer reaches pods without node ports: it has those that it asked for.
  if (spec.type === 'LoadBalancer' && spec.allocateLoadBalancerNodePorts === false) return;
  for (const port of ports) {
    if ((port.nodePort ?? 0) !== 0) continue;
    const size = range.last - range.first + 1;
    const found = search(range.first, size, random, (candidate) => !taken.has(candidate) && free(portKey(candidate)));
    if (found === undefined) throw exhausted('failed to allocate a nodePort: range is full');
    port.nodePort = found;
    taken.add(found);
  }
}

function refusalOfPort(port: number, range: PortRange): string {
  return inRange(port, range)
    ? 'provided port is already allocated'
    : `provided port is not in the valid range. The range of valid ports is ${range.first}-${range.last}`;
}

function portAvailable(port: ServicePort, range: PortRange, free: (key: StoreKey) => boolean): boolean {
  return port.nodePort !== undefined && inRange(port.nodePort, range) && free(portKey(port.nodePort));
}

function inRange(port: number, range: PortRange): boolean {
  return port >= range.first && port <= range.last;
}

function samePort(a: ServicePort, b: ServicePort): boolean {
  return a.port === b.port && (a.protocol ?? 'TCP') === (b.protocol ?? 'TCP');
}

/** A free number of `size` from `first`, tried at random and then one after the other. */
function search(first: number, size: number, random: Prng, isFree: (value: number) => boolean): number | undefined {
  if (size <= 0) return undefined;
  for (let attempt = 0; attempt < RANDOM_TRIES; attempt++) {
    const value = first + random.int(size);
    if (isFree(value)) return value;
  }
  const start = random.int(size);
  for (let offset = 0; offset < size; offset++) {
    const value = first + ((start + offset) % size);
    if (isFree(value)) return value;
  }
  return undefined;
}

function refused(service: Service, error: FieldError): ApiError {
  return invalidError({ group: '', kind: 'Service' }, service.metadata?.name ?? '', [error]);
}

function exhausted(message: string): ApiError {
  return new ApiError(500, 'InternalError', `Internal error occurred: ${message}`);
}
