// Addresses and CIDRs: against the canonical text that URLs have for IPv6, and the few forms that are refused.
import './seed.ts';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  cidrHolds,
  cidrProblems,
  ipProblems,
  ipText,
  isStrictSubset,
  parseCidr,
  parseIp,
} from '../../src/api/validation/ip.ts';

const group = fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 0xffff }));

describe('addresses', () => {
  test('the canonical text of IPv6 is the one that URLs have, and is its own', () => {
    fc.assert(
      fc.property(fc.array(group, { minLength: 8, maxLength: 8 }), (groups) => {
        const text = groups.map((one) => one.toString(16)).join(':');
        const value = parseIp(text);
        if (value === undefined) throw new Error(`${text} was not read`);
        const url = new URL(`http://[${text}]/`).hostname.slice(1, -1);
        const mapped = value.bits >> 32n === 0xffffn;
        if (!mapped) {
          expect(ipText(value)).toBe(url);
          expect(ipProblems(ipText(value))).toEqual([]);
        }
        expect(parseIp(url)).toEqual(value);
      }),
      { numRuns: 2000 },
    );
  });

  test('IPv4 is four numbers, and the same as the tail of IPv6', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 255 }), { minLength: 4, maxLength: 4 }), (octets) => {
        const text = octets.join('.');
        expect(ipProblems(text)).toEqual([]);
        expect(parseIp(`::ffff:${text}`)?.bits).toBe((0xffffn << 32n) | (parseIp(text)?.bits ?? 0n));
        expect(ipText({ family: 6, bits: parseIp(`::ffff:${text}`)?.bits ?? 0n })).toBe(text);
      }),
    );
  });

  test.each(['', '1.2.3', '1.2.3.256', '1.2.3.4.5', 'fe80::1%eth0', ':::', '12345::', '1.2.3.4/8', 'localhost'])(
    '%j is none',
    (text) => {
      expect(ipProblems(text)).toEqual(['must be a valid IP address, (e.g. 10.9.8.7 or 2001:db8::ffff)']);
    },
  );
});

describe('CIDRs', () => {
  test.each([
    ['10.0.0.0/8', []],
    ['2001:DB8::/32', []],
    ['10.0.0.0/33', ['must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)']],
    ['10.0.0.0/8/8', ['must be a valid CIDR value, (e.g. 10.9.8.0/24 or 2001:db8::/64)']],
    ['010.0.0.0/8', ['must not have leading 0s in IP or prefix length']],
    ['::ffff:10.0.0.0/104', ['must not have an IPv4-mapped IPv6 address']],
    ['10.0.0.1/24', ['must not have bits set beyond the prefix length']],
  ])('%s', (text, problems) => {
    expect(cidrProblems(text, 'any')).toEqual(problems);
  });

  test.each([
    ['10.1.0.0/16', '10.0.0.0/8', true],
    ['10.0.0.0/8', '10.0.0.0/8', false],
    ['10.0.0.0/7', '10.0.0.0/8', false],
    ['11.0.0.0/16', '10.0.0.0/8', false],
    ['2001:db8:1::/48', '2001:db8::/32', true],
    ['2001:db8::/48', '10.0.0.0/8', false],
    ['10.0.0.0/8', '0.0.0.0/0', true],
  ])('%s within %s: %s', (inner, outer, expected) => {
    const [a, b] = [parseCidr(inner), parseCidr(outer)];
    expect(a !== undefined && b !== undefined && isStrictSubset(a, b)).toBe(expected);
  });

  test.each([
    ['10.0.0.0/8', '10.96.0.0/16', true],
    ['10.96.0.0/16', '10.96.0.0/16', true],
    ['10.96.0.0/16', '10.0.0.0/8', false],
    ['10.97.0.0/16', '10.96.0.0/16', false],
    ['::/0', '10.96.0.0/16', false],
    ['all', '10.96.0.0/16', false],
  ])('%s holds %s: %s', (outer, inner, expected) => {
    expect(cidrHolds(outer, inner)).toBe(expected);
  });
});
