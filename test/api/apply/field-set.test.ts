// Sets of fields: union, difference and intersection, against the same on lists of paths.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  covers,
  equalSets,
  type FieldSet,
  intersect,
  LEAF,
  pathsOf,
  setOf,
  subtract,
  union,
} from '../../../src/api/apply/field-set.ts';
import { compareElements } from '../../../src/api/apply/path-element.ts';
import '../seed.ts';

const PARENT: FieldSet = { 'f:a': LEAF };
const CHILD: FieldSet = { 'f:a': { 'f:b': LEAF } };
const BOTH: FieldSet = { 'f:a': { '.': LEAF, 'f:b': LEAF } };

describe('a set of fields', () => {
  test('keeps the child when the parent is taken, and the parent when the child is', () => {
    expect(subtract(BOTH, PARENT)).toEqual(CHILD);
    expect(subtract(BOTH, CHILD)).toEqual(PARENT);
    expect(subtract(CHILD, PARENT)).toBe(CHILD);
    expect(subtract(PARENT, CHILD)).toBe(PARENT);
    expect(subtract(BOTH, BOTH)).toBeUndefined();
  });

  test('joins parent and child, in order', () => {
    expect(union(PARENT, CHILD)).toEqual(BOTH);
    expect(JSON.stringify(union({ 'f:c': {} }, { 'f:a': {}, 'f:b': {} }))).toBe('{"f:a":{},"f:b":{},"f:c":{}}');
  });

  test('is the very same set when nothing comes or goes', () => {
    expect(union(BOTH, CHILD)).toBe(BOTH);
    expect(subtract(BOTH, { 'f:z': LEAF })).toBe(BOTH);
  });

  test('shares with another what both have', () => {
    expect(intersect(BOTH, PARENT)).toEqual(PARENT);
    expect(intersect(PARENT, CHILD)).toBeUndefined();
    expect(intersect(BOTH, CHILD)).toEqual(CHILD);
  });
});

const ELEMENTS = ['f:a', 'f:b', 'k:{"n":1}', 'v:"x"'];
const paths = fc.array(fc.array(fc.constantFrom(...ELEMENTS), { minLength: 1, maxLength: 3 }), { maxLength: 8 });

function setOfAll(list: readonly (readonly string[])[]): FieldSet | undefined {
  const [first, ...rest] = list.map(setOf);
  return first === undefined ? undefined : rest.reduce(union, first);
}

function texts(set: FieldSet | undefined): string[] {
  return set === undefined ? [] : pathsOf(set, compareElements).map((path) => path.join('/'));
}

const unique = (list: readonly (readonly string[])[]): string[] =>
  [...new Set(list.map((path) => path.join('/')))].sort();

describe('operations on sets of fields', () => {
  test('are those on the lists of their paths', () => {
    fc.assert(
      fc.property(paths, paths, (left, right) => {
        const [a, b] = [setOfAll(left), setOfAll(right)];
        const [as, bs] = [unique(left), unique(right)];
        expect(texts(a).sort()).toEqual(as);
        if (a === undefined || b === undefined) return;
        expect(texts(union(a, b)).sort()).toEqual([...new Set([...as, ...bs])].sort());
        expect(texts(subtract(a, b)).sort()).toEqual(as.filter((path) => !bs.includes(path)));
        expect(texts(intersect(a, b)).sort()).toEqual(as.filter((path) => bs.includes(path)));
        expect(equalSets(a, b)).toBe(as.join() === bs.join());
        expect(covers(a, b)).toBe(bs.every((path) => as.includes(path)));
        expect(covers(union(a, b), b)).toBe(true);
      }),
    );
  });

  test('leave a member without children in its one form', () => {
    fc.assert(
      fc.property(paths, paths, (left, right) => {
        const [a, b] = [setOfAll(left), setOfAll(right)];
        if (a === undefined || b === undefined) return;
        for (const set of [union(a, b), subtract(a, b), intersect(a, b)]) if (set !== undefined) expectCanonical(set);
      }),
    );
  });
});

function expectCanonical(set: FieldSet): void {
  for (const [element, node] of Object.entries(set)) {
    expect(Object.keys(node)).not.toEqual(['.']);
    if (element !== '.' && node !== LEAF) expectCanonical(node);
  }
}
