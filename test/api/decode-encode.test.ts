// Bodies in and bytes out: limits before parsing, duplicates, unsafe keys, and the place of the resourceVersion.
import './seed.ts';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decodeBody, decodeStored, encodeObject, type KubeObject } from '../../src/api/index.ts';
import { failureOf } from './support.ts';

const json = (text: string) => decodeBody(Buffer.from(text), 'application/json');
const yaml = (text: string) => decodeBody(Buffer.from(text), 'application/yaml; charset=utf-8');

describe('decoding', () => {
  test('a body over the limit is refused with 413 before it is parsed', () => {
    expect(failureOf(() => decodeBody(Buffer.alloc(101, '{'), 'application/json', 100)).status).toMatchObject({
      code: 413,
      reason: 'RequestEntityTooLarge',
    });
  });

  test.each([
    ['JSON', '['.repeat(100_000), 'application/json'],
    ['JSON that is balanced', '['.repeat(201) + ']'.repeat(201), 'application/json'],
    ['YAML flow', '['.repeat(100_000), 'application/yaml'],
    ['YAML block markers', '- '.repeat(100_000), 'application/yaml'],
    ['YAML that is balanced', `${'['.repeat(201)}${']'.repeat(201)}`, 'application/yaml'],
  ])('deep nesting in %s is refused with 400', (_, text, type) => {
    expect(failureOf(() => decodeBody(Buffer.from(text), type)).status.code).toBe(400);
  });

  test('brackets inside strings are no nesting', () => {
    const text = JSON.stringify({ script: `${'[{'.repeat(1000)}"\\` });
    expect(json(text).value).toEqual(JSON.parse(text));
  });

  test('nesting up to the limit is accepted', () => {
    expect(() => json('['.repeat(200) + ']'.repeat(200))).not.toThrow();
  });

  test.each(['application/xml', 'text/plain', 'application/cbor'])('%s is refused with 415', (type) => {
    expect(failureOf(() => decodeBody(Buffer.from('{}'), type)).status.code).toBe(415);
  });

  test('broken JSON and YAML are refused with 400', () => {
    expect(failureOf(() => json('{"a":')).status.code).toBe(400);
    expect(failureOf(() => yaml('a: [b')).status.code).toBe(400);
    expect(failureOf(() => yaml('a: 1\n---\nb: 2')).message).toContain('several YAML documents');
  });

  test('duplicate fields are found wherever they are, and the last one counts', () => {
    const body = json('{"a":1,"b":[{"c":1,"\\u0063":2}],"a":{"d":":","d":2},"e":"{\\"x\\":1,\\"x\\":2}"}');
    expect(body.duplicateFields).toEqual(['b[0].c', 'a', 'a.d']);
    expect(body.value).toEqual({ a: { d: 2 }, b: [{ c: 2 }], e: '{"x":1,"x":2}' });
    expect(yaml('a: 1\nb:\n- c: 1\n  c: 2\na: 2').duplicateFields).toEqual(['b[0].c', 'a']);
  });

  test('a body without duplicates reports none, whatever its strings hold', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(json(JSON.stringify(value)).duplicateFields).toEqual([]);
      }),
    );
  });

  test.each(['{"a":{"__proto__":{"polluted":1}},"b":1}', '{"a":{"__pro\\u0074o__":{"polluted":1}},"b":1}'])(
    'the key __proto__ does not get in: %s',
    (text) => {
      const body = json(text);
      expect(JSON.stringify(body.value)).toBe('{"a":{},"b":1}');
      expect(body.unsafeFields).toEqual(['a.__proto__']);
      expect(({} as { polluted?: number }).polluted).toBeUndefined();
    },
  );

  test('YAML is read as Kubernetes reads it: numbers and booleans of YAML 1.1, but no dates', () => {
    const text = 'mode: 0644\nhex: 0x1F\non: yes\noff: "no"\ntime: 12:30:45\nday: 2026-01-02\nfloat: 1.5\nnone: ~';
    expect(yaml(text).value).toEqual({
      mode: 420,
      hex: 31,
      true: true,
      false: 'no',
      time: '12:30:45',
      day: '2026-01-02',
      float: 1.5,
      none: null,
    });
    expect(yaml('base: &b {a: 1}\nmerged: {<<: *b, c: 2}').value).toEqual({ base: { a: 1 }, merged: { a: 1, c: 2 } });
  });

  test('aliases of long texts are refused before they are written out', () => {
    const aliases = Array.from({ length: 90 }, () => '*x').join(', ');
    expect(failureOf(() => yaml(`a: &x ${'y'.repeat(100_000)}\nb: [${aliases}]`)).status.code).toBe(413);
  });

  test('YAML aliases work, and a bomb of them is refused', () => {
    expect(yaml('a: &x {b: 1}\nc: *x').value).toEqual({ a: { b: 1 }, c: { b: 1 } });
    const levels = Array.from(
      { length: 9 },
      (_, level) => `l${level + 1}: &l${level + 1} [${Array(9).fill(`*l${level}`).join(', ')}]`,
    );
    expect(failureOf(() => yaml(['l0: &l0 lol', ...levels].join('\n'))).status.code).toBe(413);
  });
});

describe('encoding', () => {
  const text = fc.string({ unit: 'grapheme', maxLength: 10 });
  const object = fc.record(
    {
      apiVersion: fc.constantFrom('v1', 'apps/v1'),
      kind: text,
      metadata: fc.record(
        {
          name: text,
          namespace: text,
          uid: text,
          generateName: text,
          resourceVersion: text,
          labels: fc.dictionary(text, text),
        },
        { requiredKeys: [] },
      ),
      spec: fc.jsonValue({ maxDepth: 2 }),
      data: fc.dictionary(text, text),
    },
    { requiredKeys: ['apiVersion', 'kind'] },
  );

  test('the revision written at the offset is the resourceVersion, and nothing else changes', () => {
    fc.assert(
      fc.property(object, fc.nat(), (value, revision) => {
        const { bytes, revisionOffset } = encodeObject(value as KubeObject);
        const patched = Buffer.concat([
          bytes.subarray(0, revisionOffset),
          Buffer.from(String(revision)),
          bytes.subarray(revisionOffset),
        ]);
        const plain = JSON.parse(JSON.stringify(value)) as KubeObject;
        expect(decodeStored(patched)).toEqual({
          ...plain,
          metadata: { ...plain.metadata, resourceVersion: String(revision) },
        });
      }),
      { numRuns: 500 },
    );
  });

  test('the place of the resourceVersion is within the first few hundred bytes', () => {
    const big = {
      kind: 'ConfigMap',
      apiVersion: 'v1',
      metadata: { labels: { a: 'x'.repeat(63) }, name: 'n' },
      data: { a: 'y'.repeat(9999) },
    };
    expect(encodeObject(big as KubeObject).revisionOffset).toBeLessThan(100);
  });
});
