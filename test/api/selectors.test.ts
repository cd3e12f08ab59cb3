// Selectors: the grammar and its errors, and the compiled predicates against a naive reading.
import './seed.ts';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  type LabelRequirement,
  matcherOf,
  matcherOfSelector,
  parseFieldSelector,
  parseLabelSelector,
} from '../../src/api/index.ts';

describe('label selectors', () => {
  test.each([
    ['', {}, true],
    ['a=b', { a: 'b' }, true],
    ['a==b', { a: 'c' }, false],
    ['a=', { a: '' }, true],
    ['a!=b', {}, true],
    ['a!=b', { a: 'b' }, false],
    ['a', { a: '' }, true],
    ['!a', { a: '' }, false],
    ['! a , b', { b: 'x' }, true],
    ['a in (b, c)', { a: 'c' }, true],
    ['a in (b,)', { a: '' }, true],
    ['a in ()', { a: '' }, true],
    ['a notin (b,c)', {}, true],
    ['a notin (b,c)', { a: 'c' }, false],
    ['a>3', { a: '4' }, true],
    ['a>3', { a: '3' }, false],
    ['a<3', { a: 'x' }, false],
    ['x.io/a=b,c', { 'x.io/a': 'b', c: '1' }, true],
    ['in in (in)', { in: 'in' }, true],
    ['a=constructor', {}, false],
    ['toString', {}, false],
  ])('%j on %j is %s', (text, labels, expected) => {
    expect(parseLabelSelector(text).matches(labels as Record<string, string>)).toBe(expected);
  });

  test.each([
    ['a in', "unable to parse requirement: found '' expected: '('"],
    ['a in (b', "unable to parse requirement: found '', expected: ',', ')' or identifier"],
    ['a=b,', "found '', expected: identifier after ','"],
    ['=b', "found '=', expected: !, identifier, or 'end of string'"],
    ['a b', "unable to parse requirement: found 'b', expected: in, notin, =, ==, !=, gt, lt"],
    ['a=b c', "found 'c', expected: ',' or 'end of string'"],
    ['!', "unable to parse requirement: found '', expected: identifier"],
    [
      'a>b',
      "unable to parse requirement: values[0]: Invalid value: \"b\": for 'Gt', 'Lt' operators, the value must be an integer",
    ],
  ])('%j is refused: %s', (text, message) => {
    expect(() => parseLabelSelector(text)).toThrow(message);
  });

  test('keys and values must be valid labels', () => {
    expect(() => parseLabelSelector('-a=b')).toThrow(/name part must consist of alphanumeric characters/);
    expect(() => parseLabelSelector(`a=${'x'.repeat(64)}`)).toThrow(/must be no more than 63 characters/);
  });

  const key = fc.constantFrom('a', 'b', 'x.io/c');
  const value = fc.constantFrom('', '1', '2', 'v');
  const requirement: fc.Arbitrary<LabelRequirement> = fc.oneof(
    fc.record({ key, operator: fc.constantFrom('exists' as const, '!' as const), values: fc.constant([]) }),
    fc.record({ key, operator: fc.constantFrom('=' as const, '!=' as const), values: value.map((one) => [one]) }),
    fc.record({
      key,
      operator: fc.constantFrom('in' as const, 'notin' as const),
      values: fc.uniqueArray(value, { minLength: 1 }),
    }),
  );

  function naive({ key: name, operator, values }: LabelRequirement, labels: Record<string, string>): boolean {
    const found = labels[name];
    if (operator === 'exists') return found !== undefined;
    if (operator === '!') return found === undefined;
    if (operator === '=' || operator === 'in') return found !== undefined && values.includes(found);
    return found === undefined || !values.includes(found);
  }

  test('a selector selects what each of its requirements selects, also after a trip through its text', () => {
    fc.assert(
      fc.property(fc.array(requirement, { maxLength: 4 }), fc.dictionary(key, value), (requirements, labels) => {
        const expected = requirements.every((one) => naive(one, labels));
        const matcher = matcherOf(requirements);
        expect(matcher.matches(labels)).toBe(expected);
        expect(parseLabelSelector(matcher.toString()).matches(labels)).toBe(expected);
      }),
      { numRuns: 2000 },
    );
  });

  test('a missing LabelSelector selects nothing, an empty one everything', () => {
    expect(matcherOfSelector(undefined).matches({ a: 'b' })).toBe(false);
    expect(matcherOfSelector({}).matches({ a: 'b' })).toBe(true);
  });

  test('a LabelSelector object becomes the text that kubectl shows', () => {
    const selector = {
      matchLabels: { b: '2', a: '1' },
      matchExpressions: [{ key: 'c', operator: 'NotIn', values: ['y', 'x'] }],
    };
    expect(matcherOfSelector(selector).toString()).toBe('a=1,b=2,c notin (x,y)');
  });
});

describe('field selectors', () => {
  const supported = ['metadata.name', 'metadata.namespace', 'status.phase'];

  test.each([
    ['metadata.name=a', { 'metadata.name': 'a' }, true],
    ['metadata.name==a,status.phase!=Running', { 'metadata.name': 'a', 'status.phase': 'Pending' }, true],
    ['status.phase=', {}, true],
    ['status.phase!=', {}, false],
    ['metadata.name=a\\,b\\=c\\\\', { 'metadata.name': 'a,b=c\\' }, true],
    [',,', {}, true],
  ])('%j on %j is %s', (text, fields, expected) => {
    expect(parseFieldSelector(text, supported).matches(fields as Record<string, string>)).toBe(expected);
  });

  test.each([
    ['spec.x=1', supported, 'field label not supported: spec.x'],
    ['spec.x=1', ['metadata.name'], '"spec.x" is not a known field selector: only "metadata.name"'],
    ['metadata.name', supported, "invalid selector: 'metadata.name'; can't understand 'metadata.name'"],
    ['metadata.name=a=b', supported, 'unescaped character in value: ='],
    ['metadata.name=a\\b', supported, 'invalid escape sequence: "\\b"'],
  ])('%j is refused', (text, names, message) => {
    expect(() => parseFieldSelector(text, names)).toThrow(message);
  });

  test('a demanded name can be read off, so that a list becomes a get', () => {
    expect(parseFieldSelector('metadata.name=a', supported).exactly('metadata.name')).toBe('a');
    expect(parseFieldSelector('metadata.name!=a', supported).exactly('metadata.name')).toBeUndefined();
  });
});
