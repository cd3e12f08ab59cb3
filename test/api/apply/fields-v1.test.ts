// FieldsV1: the form in which sets of fields are kept, and come in from outside.
import { describe, expect, test } from 'vitest';
import { pathsOf } from '../../../src/api/apply/field-set.ts';
import { parseFieldsV1 } from '../../../src/api/apply/fields-v1.ts';
import { canonicalElement, compareElements, elementText, pathText } from '../../../src/api/apply/path-element.ts';

describe('a path element', () => {
  test.each([
    ['f:replicas', '.replicas'],
    ['f:app.kubernetes.io/name', '.app.kubernetes.io/name'],
    ['k:{"name":"web"}', '[name="web"]'],
    ['k:{"containerPort":80,"protocol":"TCP"}', '[containerPort=80,protocol="TCP"]'],
    ['v:"example.com/keep"', '[="example.com/keep"]'],
    ['v:7', '[=7]'],
    ['i:3', '[3]'],
  ])('%s is read as %s', (element, text) => {
    expect(elementText(element)).toBe(text);
  });

  test.each([
    ['k:{"protocol":"TCP", "containerPort":80}', 'k:{"containerPort":80,"protocol":"TCP"}'],
    ['v: "a"', 'v:"a"'],
    ['i:03', 'i:3'],
    ['f:k:{}', 'f:k:{}'],
  ])('%s is spelled %s', (element, canonical) => {
    expect(canonicalElement(element)).toBe(canonical);
  });

  test('of an unknown kind is ignored', () => {
    expect(canonicalElement('x:something')).toBeUndefined();
  });

  test.each(['f', 'replicas', 'k:{"name"', 'k:"web"', 'v:', 'v:a', 'i:one'])('%s is none', (element) => {
    expect(() => canonicalElement(element)).toThrow(SyntaxError);
  });

  test('is ordered as Kubernetes orders them: fields, keys, values, positions, and numbers by their size', () => {
    const elements = [
      'i:10',
      'i:9',
      'v:"b"',
      'v:"a"',
      'v:3',
      'k:{"port":443}',
      'k:{"port":80}',
      'k:{"name":"a"}',
      'f:b',
      'f:a',
    ];
    expect(elements.sort(compareElements)).toEqual([
      'f:a',
      'f:b',
      'k:{"name":"a"}',
      'k:{"port":80}',
      'k:{"port":443}',
      'v:3',
      'v:"a"',
      'v:"b"',
      'i:9',
      'i:10',
    ]);
  });

  test('of many keys comes after one of the same first keys alone', () => {
    expect(compareElements('k:{"a":1,"b":2}', 'k:{"a":1}')).toBeGreaterThan(0);
    expect(compareElements('k:{"a":1}', 'k:{"a":1,"b":2}')).toBeLessThan(0);
    expect(compareElements('k:{"a":1}', 'k:{"a":1}')).toBe(0);
    expect(compareElements('v:true', 'v:"a"')).toBeGreaterThan(0);
  });

  test('of endless length is cut, since people read it', () => {
    const long = 'x'.repeat(5_000);
    expect(pathText([`f:${long}`, 'f:more'])).toHaveLength(1_000);
  });
});

describe('FieldsV1 from outside', () => {
  test('is a set: leaves are members, and what has a dot', () => {
    const set = parseFieldsV1({ 'f:spec': { '.': {}, 'f:replicas': {}, 'f:template': { 'f:spec': {} } } });
    expect(pathsOf(set ?? {}, compareElements).map(pathText)).toEqual([
      '.spec',
      '.spec.replicas',
      '.spec.template.spec',
    ]);
  });

  test('is brought into our spelling and order', () => {
    const set = parseFieldsV1({ 'f:b': {}, 'f:a': { 'k:{"q":1,"p":2}': {}, '.': {} } });
    expect(JSON.stringify(set)).toBe('{"f:a":{".":{},"k:{\\"p\\":2,\\"q\\":1}":{}},"f:b":{}}');
  });

  test('owns no whole object, whatever it says', () => {
    expect(parseFieldsV1({ '.': {} })).toBeUndefined();
    expect(parseFieldsV1({ '.': {}, 'f:a': {} })).toEqual({ 'f:a': {} });
  });

  test('without content is the empty set', () => {
    expect(parseFieldsV1(undefined)).toBeUndefined();
    expect(parseFieldsV1(null)).toBeUndefined();
    expect(parseFieldsV1({})).toBeUndefined();
  });

  test('leaves out elements that nobody knows', () => {
    expect(parseFieldsV1({ 'f:a': {}, 'x:b': {} })).toEqual({ 'f:a': {} });
  });

  test.each([
    ['a text', 'f:a'],
    ['a value that is no object', { 'f:a': 1 }],
    ['an element without a colon', { a: {} }],
  ])('is refused as %s', (_what, fields) => {
    expect(() => parseFieldsV1(fields)).toThrow(SyntaxError);
  });

  test('is refused when it nests without end', () => {
    let fields = {};
    for (let i = 0; i < 300; i++) fields = { 'f:a': fields };
    expect(() => parseFieldsV1(fields)).toThrow(SyntaxError);
  });
});
