// Every decoder of text and bytes on garbage made from the pieces of good input: a value, or a refusal in the decoder's own
// way; a tree no deeper and no larger than allowed; and for texts that are long and hostile, time that grows with their length.
import { afterAll, describe, expect, it } from 'vitest';
import { certificateRequestProblem, certificatesProblem } from '../../src/api/certificate-request.ts';
import { ApiError, decodeBody, parseFieldSelector, parseLabelSelector, SelectorError } from '../../src/api/index.ts';
import { measureJson } from '../../src/api/json.ts';
import { pemBlocks } from '../../src/api/pem.ts';
import { encodeProtobuf } from '../../src/api/protobuf/encode.ts';
import { formatQuantity, parseQuantity } from '../../src/api/quantity.ts';
import { SchemaError } from '../../src/api/schema/index.ts';
import { canonicalTime } from '../../src/api/schema/time.ts';
import { cronScheduleProblem } from '../../src/api/validation/cron-schedule.ts';
import { cidrProblems, ipProblems, ipText, parseCidr, parseIp } from '../../src/api/validation/ip.ts';
import { labelKeyProblems, labelValueProblems } from '../../src/api/validation/labels.ts';
import { dns1123LabelProblems, dns1123SubdomainProblems } from '../../src/api/validation/names.ts';
import { parseDuration } from '../../src/apiserver/http/duration.ts';
import { negotiate, STATUS_OFFER } from '../../src/apiserver/http/negotiate.ts';
import { toYaml } from '../../src/apiserver/http/yaml.ts';
import { parseRequest } from '../../src/apiserver/request-info/parse.ts';
import { NESTING_LIMIT, prng } from '../../src/lib/index.ts';
import { deployment, pod } from '../apiserver/harness.ts';
import { cpuMs, inputs, mutated, SEED, Tally, text, tree } from './garbage.ts';

const EXAMPLES = [pod('a', { nodeSelector: { a: 'b' }, priority: 5 }), deployment('b')];
/** Values of a tree for a byte of the body: `[[],[]…` is one for two, and protobuf puts in what it does not send. */
const VALUES_PER_BYTE_LIMIT = 2;

const BODIES: readonly [string, (example: object) => Uint8Array][] = [
  ['application/json', (example) => Buffer.from(JSON.stringify(example))],
  ['application/yaml', (example) => Buffer.from(toYaml(example))],
  ['application/vnd.kubernetes.protobuf', (example) => encodeProtobuf(example)],
];

describe.each(BODIES)('a body of %s', (mediaType, encode) => {
  const isProtobuf = mediaType.endsWith('protobuf');
  const tally = new Tally();
  afterAll(() => tally.report(mediaType, 'values per byte'));

  it('that is garbage is refused, or becomes a tree in proportion to it', () => {
    const random = prng(SEED + 21);
    for (let count = 0; count < inputs(800); count++) {
      const choice = random.int(10);
      const body =
        choice === 0 || (choice < 4 && isProtobuf)
          ? Buffer.from(text(random))
          : mutated(random, encode(choice < 4 ? { a: tree(random, 5) } : random.pick(EXAMPLES)));
      const decoded = tally.attempt(() => decodeBody(body, mediaType));
      if (decoded === undefined) continue;
      const { depth, nodes } = measureJson(decoded.value);
      expect(depth).toBeLessThanOrEqual(NESTING_LIMIT);
      expect(JSON.stringify(decoded.value)).not.toContain('"__proto__":');
      tally.work(nodes, body.length, body.toString('utf8'));
      expect(tally.most, tally.mostOf).toBeLessThan(VALUES_PER_BYTE_LIMIT);
    }
    expect(tally.counts.accepted).toBeGreaterThan(0);
    expect(tally.counts.refused).toBeGreaterThan(0);
  });
});

const FIELDS = ['metadata.name', 'status.phase'];

/** What each parser makes of a text: true when it takes it; anything thrown is a failure. */
const PARSERS: Readonly<Record<string, (input: string) => boolean>> = {
  'label selectors': (input) => {
    const matcher = selector(() => parseLabelSelector(input));
    if (matcher === undefined) return false;
    expect(parseLabelSelector(matcher.toString()).toString()).toBe(matcher.toString());
    matcher.matches({ a: 'b', x: '5' });
    return true;
  },
  'field selectors': (input) => {
    const matcher = selector(() => parseFieldSelector(input, FIELDS));
    if (matcher === undefined) return false;
    expect(parseFieldSelector(matcher.toString(), FIELDS).toString()).toBe(matcher.toString());
    return true;
  },
  quantities: (input) => {
    const quantity = parseQuantity(input);
    if (quantity === undefined) return false;
    expect(parseQuantity(formatQuantity(quantity))?.nanos).toBe(quantity.nanos);
    return true;
  },
  times: (input) => {
    try {
      const time = canonicalTime(input, 'seconds');
      return canonicalTime(time, 'seconds') === time;
    } catch (error) {
      if (error instanceof SchemaError) return false;
      throw error;
    }
  },
  'cron schedules': (input) => cronScheduleProblem(input) === undefined,
  'durations of queries': (input) => Number.isFinite(parseDuration(input)),
  addresses: (input) => {
    const ip = parseIp(input);
    ipProblems(input);
    return ip !== undefined && parseIp(ipText(ip))?.bits === ip.bits;
  },
  'address ranges': (input) => {
    cidrProblems(input, 'any');
    return parseCidr(input) !== undefined;
  },
  names: (input) => dns1123LabelProblems(input).length + dns1123SubdomainProblems(input).length === 0,
  labels: (input) => labelKeyProblems(input).length + labelValueProblems(input).length === 0,
  'certificate requests': (input) => certificateRequestProblem(input) === undefined,
  certificates: (input) => certificatesProblem(input) === undefined,
  PEM: (input) => {
    const blocks = pemBlocks(input);
    expect(blocks.reduce((sum, { bytes }) => sum + bytes.length, 0)).toBeLessThanOrEqual(input.length);
    return blocks.length > 0;
  },
  'Accept headers': (input) => negotiate(input, STATUS_OFFER) !== undefined,
  'paths and queries': (input) => {
    const [path = '', query = ''] = input.split('?');
    const info = parseRequest('GET', `/api/v1/namespaces/default/${path}`, new URLSearchParams(query));
    if (info.kind !== 'resource') return false;
    // What is authorized is what is looked up: no part of it may lead elsewhere.
    for (const part of [info.namespace, info.resource, info.name, info.subresource, ...info.rest])
      expect(part).not.toMatch(/\/|\0|^\.\.?$/);
    return true;
  },
};

function selector<T>(parse: () => T): T | undefined {
  try {
    return parse();
  } catch (error) {
    if (error instanceof SelectorError) return undefined;
    throw error;
  }
}

const PEM = [
  '-----BEGIN A-----',
  '\n',
  '-----END A-----',
  'AAAA',
  'x: y\n',
  '-----BEGIN CERTIFICATE REQUEST-----',
  'MAA=',
  '-----END CERTIFICATE REQUEST-----',
  '-----BEGIN CERTIFICATE-----',
  '-----END CERTIFICATE-----',
];
const GOOD: Readonly<Record<string, readonly string[]>> = {
  'label selectors': ['a', 'a=b', ',', '!a', 'a in (b,c)', 'x>3', 'x<-5', 'a notin (b)'],
  'field selectors': ['metadata.name=a', 'status.phase!=b', ',', '\\,', '\\=', '\\\\'],
  quantities: ['1', '.5', '1Gi', '1e3', '-1', '100m', 'E', 'n'],
  times: ['2026-01-02', 'T03:04:05', 'Z', '+01:00', '.123', '2026-01-02T03:04:05Z'],
  'cron schedules': ['* ', '*/5 ', '1,2 ', '0-6 ', 'mon ', '@daily', '@every 1h', 'TZ=UTC ', '* * * * *'],
  'durations of queries': ['1h', '30m', '1.5s', '500ms', '0'],
  addresses: ['10.0.0.1', '::', '1:2:3', '::ffff:', '.1', 'fe80::1', '%eth0'],
  'address ranges': ['10.0.0.0', '/8', '2001:db8::', '/64', '/33'],
  names: ['a', 'b-', '.', '-', 'x9'],
  labels: ['a', 'example.com', '/', 'b_', '.', 'x9'],
  'Accept headers': [
    'application/json',
    'application/yaml',
    '*/*',
    ',',
    ';q=0.5',
    ';q=',
    ';as=Table',
    ';g=meta.k8s.io;v=v1',
  ],
  'paths and queries': [
    'pods',
    '/',
    'a',
    '%2F',
    '%2e%2e',
    '..',
    '%00',
    '?watch=1',
    '?fieldSelector=metadata.name%3Da',
    '%',
  ],
  'certificate requests': PEM,
  certificates: PEM,
  PEM,
};

describe.each(Object.keys(PARSERS))('%s', (name) => {
  const parse = PARSERS[name] as (input: string) => boolean;
  const tally = new Tally();
  afterAll(() => tally.report(name, 'ms of CPU per KiB of hostile text'));

  it('that are garbage are refused or read, and what is read is written so that it reads the same', () => {
    const random = prng(SEED + 31);
    for (let count = 0; count < inputs(800); count++) {
      if (parse(text(random, GOOD[name] ?? ['a']))) tally.accepted();
      else tally.refused('no');
    }
  });

  // Time is no count; but a quadratic parser would take a minute for what a linear one does in milliseconds.
  it('that are long and hostile take no longer than their length accounts for', () => {
    const LENGTH = 100_000;
    const bits = [
      ...(GOOD[name] ?? []),
      'a',
      'a.',
      'a-',
      '1',
      '(',
      '-----BEGIN A-----',
      ' ',
      '::',
      '!',
      ',',
      '=',
      '\\',
    ];
    const start = cpuMs();
    for (const bit of bits) {
      const from = cpuMs();
      const hostile = `${bit.repeat(LENGTH / bit.length)}\u0001`;
      parse(hostile);
      tally.work((cpuMs() - from) * 1024, hostile.length, bit);
    }
    expect(cpuMs() - start).toBeLessThan(5_000);
  });
});

describe('DER', () => {
  const tally = new Tally();
  afterAll(() => tally.report('DER', 'ms of CPU per KiB'));

  it('of random tags and lengths is refused, whatever lengths it claims', () => {
    const random = prng(SEED + 41);
    for (let count = 0; count < inputs(800); count++) {
      const der = Array.from({ length: random.int(40) }, () =>
        random.pick([0x30, 0x31, 0x02, 0x03, 0x06, 0xa0, 0x80, 0x81, 0x84, 0xff, random.int(256), random.int(8)]),
      );
      const base64 = Buffer.from(der).toString('base64');
      const pem = `-----BEGIN CERTIFICATE REQUEST-----\n${base64}\n-----END CERTIFICATE REQUEST-----\n`;
      const from = cpuMs();
      const problem = certificateRequestProblem(pem);
      tally.work((cpuMs() - from) * 1024, pem.length, pem);
      expect(problem).toMatch(/^(asn1|x509): /);
      tally.refused(problem?.slice(0, 4) ?? '');
    }
  });
});

describe('protobuf groups in groups', () => {
  it('are a body that cannot be read, not an internal error', () => {
    expect(() =>
      decodeBody(
        Buffer.from('k8s\0\x0b'.concat('\x0b'.repeat(100_000)), 'latin1'),
        'application/vnd.kubernetes.protobuf',
      ),
    ).toThrow(ApiError);
  });
});
