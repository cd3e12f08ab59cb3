// Addresses and CIDRs as Kubernetes reads them: no leading zeros, no IPv4 in IPv6 clothes, no bits beyond the prefix; for
// newer fields the canonical text alone (RFC 5952).
import { isIP } from 'node:net';

/** An address as a number, with its family. */
export interface IpValue {
  readonly family: 4 | 6;
  readonly bits: bigint;
}

export interface CidrValue extends IpValue {
  readonly prefix: number;
}

export const IP_MESSAGE = 'must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)';
const CIDR_MESSAGE = 'must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)';
const V4_BITS = 32;
const V6_BITS = 128;
const MAPPED_PREFIX = 0xffffn << 32n;

/** Undefined when it is no address; leading zeros in IPv4 octets are read as decimal. */
export function parseIp(text: string): IpValue | undefined {
  if (/^\d{1,9}(?:\.\d{1,9}){3}$/.test(text)) {
    const octets = text.split('.').map(Number);
    if (octets.some((octet) => octet > 255)) return undefined;
    return { family: 4, bits: octets.reduce((bits, octet) => (bits << 8n) | BigInt(octet), 0n) };
  }
  // A zone names an interface of one host.
  if (text.includes('%') || isIP(text) !== 6) return undefined;
  return { family: 6, bits: v6Bits(text) };
}

function v6Bits(text: string): bigint {
  // An IPv4 tail is two groups.
  const plain = text.replace(/(\d+)\.(\d+)\.(\d+)\.(\d+)$/, (_, a: string, b: string, c: string, d: string) =>
    [Number(a) * 256 + Number(b), Number(c) * 256 + Number(d)].map((group) => group.toString(16)).join(':'),
  );
  const [head = '', tail] = plain.split('::');
  const groups = (part: string): string[] => (part === '' ? [] : part.split(':'));
  const before = groups(head);
  const after = tail === undefined ? [] : groups(tail);
  const zeros = Array.from({ length: 8 - before.length - after.length }, () => '0');
  return [...before, ...zeros, ...after].reduce((bits, group) => (bits << 16n) | BigInt(`0x${group}`), 0n);
}

/** RFC 5952; IPv4 in IPv6 is written as the IPv4 address. */
export function ipText({ family, bits }: IpValue): string {
  if (family === 4 || isMapped({ family, bits })) {
    return [24n, 16n, 8n, 0n].map((shift) => String((bits >> shift) & 0xffn)).join('.');
  }
  const groups = Array.from({ length: 8 }, (_, index) => Number((bits >> BigInt(112 - index * 16)) & 0xffffn));
  const run = longestZeroRun(groups);
  const hex = (part: readonly number[]): string => part.map((group) => group.toString(16)).join(':');
  if (run.length < 2) return hex(groups);
  return `${hex(groups.slice(0, run.start))}::${hex(groups.slice(run.start + run.length))}`;
}

function longestZeroRun(groups: readonly number[]): { start: number; length: number } {
  let best = { start: 0, length: 0 };
  let start = 0;
  for (const [index, group] of groups.entries()) {
    if (group !== 0) start = index + 1;
    else if (index + 1 - start > best.length) best = { start, length: index + 1 - start };
  }
  return best;
}

function isMapped({ family, bits }: IpValue): boolean {
  return family === 6 && bits >> 32n === MAPPED_PREFIX >> 32n;
}

const LEADING_ZERO = /(?:^|\.)0\d/;

/** What is wrong with an address of a newer field; empty means valid and canonical. */
export function ipProblems(text: string): string[] {
  const value = parseIp(text);
  if (value === undefined) return [IP_MESSAGE];
  const problems: string[] = [];
  if (value.family === 4 && LEADING_ZERO.test(text)) problems.push('must not have leading 0s');
  if (isMapped(value)) problems.push('must not be an IPv4-mapped IPv6 address');
  const canonical = ipText(value);
  if (problems.length === 0 && text !== canonical) problems.push(`must be in canonical form ("${canonical}")`);
  return problems;
}

/** Undefined when it is no CIDR; bits beyond the prefix are kept. */
export function parseCidr(text: string): CidrValue | undefined {
  const [address = '', length = '', ...more] = text.split('/');
  const value = parseIp(address);
  if (value === undefined || more.length > 0 || !/^\d{1,9}$/.test(length)) return undefined;
  const prefix = Number(length);
  return prefix > bitsOf(value.family) ? undefined : { ...value, prefix };
}

function bitsOf(family: 4 | 6): number {
  return family === 4 ? V4_BITS : V6_BITS;
}

function masked({ family, bits, prefix }: CidrValue): bigint {
  const free = BigInt(bitsOf(family) - prefix);
  return (bits >> free) << free;
}

/** `canonical` asks for the canonical text too, as newer fields do. */
export function cidrProblems(text: string, form: 'canonical' | 'any'): string[] {
  const value = parseCidr(text);
  if (value === undefined) return [CIDR_MESSAGE];
  if (/\/0\d/.test(text) || (value.family === 4 && LEADING_ZERO.test(text)))
    return ['must not have leading 0s in IP or prefix length'];
  if (isMapped(value)) return ['must not have an IPv4-mapped IPv6 address'];
  if (masked(value) !== value.bits) return ['must not have bits set beyond the prefix length'];
  const canonical = `${ipText(value)}/${value.prefix}`;
  return form === 'canonical' && text !== canonical ? [`must be in canonical form ("${canonical}")`] : [];
}

/** True when `inner` is in `outer` and smaller. */
export function isStrictSubset(inner: CidrValue, outer: CidrValue): boolean {
  if (inner.family !== outer.family || inner.prefix <= outer.prefix) return false;
  return masked({ ...inner, prefix: outer.prefix }) === masked(outer);
}

/** True when all of `inner` is in `outer`; false for what is no CIDR. */
export function cidrHolds(outer: string, inner: string): boolean {
  const [large, small] = [parseCidr(outer), parseCidr(inner)];
  if (large === undefined || small === undefined) return false;
  if (large.family !== small.family || small.prefix < large.prefix) return false;
  return masked({ ...small, prefix: large.prefix }) === masked(large);
}
