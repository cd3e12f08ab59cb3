// Names and labels: the rules against a naive reading of RFC 1123 and 1035, generated names, and what the fields of a pod
// say about it.
import './seed.ts';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { generateName, type Pod, safeEncode, selectableFieldNames, selectableFieldsOf } from '../../src/api/index.ts';
import { labelKeyProblems, labelValueProblems } from '../../src/api/validation/labels.ts';
import {
  configKeyProblems,
  dns1035LabelProblems,
  dns1123LabelProblems,
  dns1123SubdomainProblems,
  envVarNameProblems,
  pathSegmentProblems,
  portNameProblems,
} from '../../src/api/validation/names.ts';
import { prng } from '../../src/lib/index.ts';
import { created, NODES, PODS, pod } from './support.ts';

const text = fc.oneof(
  fc.string({ unit: fc.constantFrom('a', 'z', '0', '9', '-', '.', 'A', '_', '/', ' ', 'é'), maxLength: 8 }),
  fc.integer({ min: 60, max: 70 }).map((length) => 'a'.repeat(length)),
  fc.integer({ min: 250, max: 256 }).map((length) => 'a.'.repeat(length).slice(0, length | 1)),
);

const LOWER = 'abcdefghijklmnopqrstuvwxyz';
const DIGITS = '0123456789';

function isLabel(value: string, first: string): boolean {
  const inner = [...value].every((char) => `${LOWER}${DIGITS}-`.includes(char));
  return value !== '' && inner && first.includes(value.charAt(0)) && !value.endsWith('-');
}

describe('rules of names', () => {
  test('they accept exactly what a naive reading accepts', () => {
    fc.assert(
      fc.property(text, (value) => {
        const label = value.length <= 63 && isLabel(value, LOWER + DIGITS);
        expect(dns1123LabelProblems(value).length === 0).toBe(label);
        expect(dns1035LabelProblems(value).length === 0).toBe(label && LOWER.includes(value.charAt(0)));
        const subdomain = value.length <= 253 && value.split('.').every((part) => isLabel(part, LOWER + DIGITS));
        expect(dns1123SubdomainProblems(value).length === 0).toBe(subdomain);
      }),
      { numRuns: 3000 },
    );
  });

  test('a name that would make a backtracking expression hang is judged at once', () => {
    expect(dns1123SubdomainProblems(`${'a-'.repeat(100_000)}!`)).toHaveLength(2);
    expect(labelValueProblems(`${'a.'.repeat(100_000)}!`)).toHaveLength(2);
  });

  test.each([
    ['example.com/name', 0],
    ['name', 0],
    ['A_b.c-9', 0],
    ['', 2],
    ['/name', 1],
    ['a/b/c', 1],
    ['Example.com/name', 1],
    ['-x', 1],
    [`${'x'.repeat(64)}`, 1],
  ])('the label key %j has %i problems', (key, problems) => {
    expect(labelKeyProblems(key)).toHaveLength(problems);
  });

  test.each([
    [portNameProblems, 'http', 'h--p', '80', 'UPPER', 'much-too-long-name'],
    [configKeyProblems, '.bashrc', '..', '..data', 'a b', ''],
    [envVarNameProblems, 'a.b-c', '', 'a=b', 'é', '\n'],
    [pathSegmentProblems, 'system:node', '.', '..', 'a/b', 'a%b'],
  ])('%o accepts the first and refuses the others', (problemsOf, good, ...bad) => {
    expect(problemsOf(good)).toEqual([]);
    for (const value of bad) expect(problemsOf(value), value).not.toEqual([]);
  });
});

describe('generated names', () => {
  test('they begin with the prefix, fit a label and are valid', () => {
    const random = prng(1);
    fc.assert(
      fc.property(fc.stringMatching(/^[a-z][a-z0-9-]{0,80}$/), (prefix) => {
        const name = generateName(prefix, () => random.uint32());
        expect(name.startsWith(prefix.slice(0, 58))).toBe(true);
        expect(dns1123LabelProblems(name)).toEqual([]);
      }),
    );
  });

  test('equal texts encode equally, in letters and digits that spell nothing', () => {
    expect(safeEncode('1234567890')).toBe(safeEncode('1234567890'));
    expect(safeEncode('1234567890')).toMatch(/^[bcdfghjklmnpqrstvwxz2456789]{10}$/);
  });
});

describe('pods', () => {
  test('their selectable fields are declared, and all declared ones have a value', () => {
    const values = selectableFieldsOf(PODS, created<Pod>(PODS, pod({ nodeName: 'n1' })));
    expect(Object.keys(values).sort()).toEqual(
      selectableFieldNames(PODS)
        .filter((name) => !name.startsWith('metadata.'))
        .sort(),
    );
    expect(values).toMatchObject({ 'spec.nodeName': 'n1', 'status.phase': 'Pending' });
    expect(selectableFieldNames(NODES)).toEqual(['metadata.name', 'spec.unschedulable']);
  });

  test.each<[string, Pod, number]>([
    ['without a node', { spec: { containers: [] } }, 0],
    ['on a node', { spec: { containers: [], nodeName: 'n', terminationGracePeriodSeconds: 5 } }, 5],
    ['that ended', { spec: { containers: [], nodeName: 'n' }, status: { phase: 'Succeeded' } }, 0],
  ])('a pod %s has its grace', (_, object, seconds) => {
    expect(PODS.strategy.deletionGracePeriodSeconds?.(object)).toBe(seconds);
  });
});
