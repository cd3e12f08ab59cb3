// The three patch forms: the examples of their specifications, the directives of strategic merge patches, and
// properties against naive models.
import './seed.ts';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  applyJsonPatch,
  applyMergePatch,
  applyPatch,
  applyStrategicMergePatch,
  type Json,
} from '../../src/api/index.ts';
import { failureOf, schema } from './support.ts';

const json = fc.jsonValue({ maxDepth: 3 }).map((value) => JSON.parse(JSON.stringify(value)) as Json);

describe('JSON patch', () => {
  test.each<[string, Json, Json, Json]>([
    ['adds a member', { a: 1 }, [{ op: 'add', path: '/b', value: 2 }], { a: 1, b: 2 }],
    ['inserts into a list', [1, 3], [{ op: 'add', path: '/1', value: 2 }], [1, 2, 3]],
    ['appends with -', [1], [{ op: 'add', path: '/-', value: 2 }], [1, 2]],
    ['removes', { a: [1, 2] }, [{ op: 'remove', path: '/a/0' }], { a: [2] }],
    ['replaces', { a: 1 }, [{ op: 'replace', path: '/a', value: null }], { a: null }],
    ['moves', { a: { b: 1 } }, [{ op: 'move', from: '/a/b', path: '/c' }], { a: {}, c: 1 }],
    [
      'copies',
      { a: [1] },
      [
        { op: 'copy', from: '/a', path: '/b' },
        { op: 'add', path: '/b/-', value: 2 },
      ],
      { a: [1], b: [1, 2] },
    ],
    [
      'tests regardless of key order',
      { a: { x: 1, y: 2 } },
      [{ op: 'test', path: '/a', value: { y: 2, x: 1 } }],
      { a: { x: 1, y: 2 } },
    ],
    [
      'unescapes pointers',
      { 'a/b': 1, 'c~d': 2 },
      [
        { op: 'remove', path: '/a~1b' },
        { op: 'remove', path: '/c~0d' },
      ],
      {},
    ],
    ['replaces the document', { a: 1 }, [{ op: 'replace', path: '', value: { b: 2 } }], { b: 2 }],
  ])('%s', (_, document, patch, expected) => {
    expect(applyJsonPatch(document, patch)).toEqual(expected);
  });

  test.each<[string, Json, number]>([
    ['a failed test', [{ op: 'test', path: '/a', value: 2 }], 422],
    ['a missing path', [{ op: 'remove', path: '/x' }], 422],
    ['an index beyond the end', [{ op: 'add', path: '/l/5', value: 1 }], 422],
    ['an index with a leading zero', [{ op: 'remove', path: '/l/00' }], 422],
    ['a move into its own child', [{ op: 'move', from: '/o', path: '/o/x' }], 422],
    ['an unknown operation', [{ op: 'merge', path: '/a' }], 422],
    ['a patch that is no list', { op: 'add' }, 400],
    ['a missing value', [{ op: 'add', path: '/a' }], 400],
    ['a pointer to a prototype', [{ op: 'add', path: '/__proto__/x', value: 1 }], 400],
    ['a pointer to a constructor', [{ op: 'add', path: '/constructor/prototype/x', value: 1 }], 400],
    ['too many operations', Array.from({ length: 10_001 }, () => ({ op: 'test', path: '/a', value: 1 })), 413],
  ])('refuses %s', (_, patch, code) => {
    expect(failureOf(() => applyJsonPatch({ a: 1, l: [1], o: {} }, patch)).status.code).toBe(code);
  });

  test('refuses copies that double a document until it is huge', () => {
    const doubling = Array.from({ length: 40 }, (_, step) => [
      { op: 'copy', from: '/a', path: `/a/${step}x` },
      { op: 'copy', from: '/a', path: `/a/${step}y` },
    ]).flat();
    expect(failureOf(() => applyJsonPatch({ a: { text: 'x'.repeat(100) } }, doubling)).status.code).toBe(413);
  });

  test('never changes the document it is given', () => {
    const document: Json = { a: { b: [1] } };
    applyJsonPatch(document, [
      { op: 'add', path: '/a/b/-', value: 2 },
      { op: 'remove', path: '/a' },
    ]);
    expect(document).toEqual({ a: { b: [1] } });
  });

  test('what was added is found by test, and removing it gives the document back', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.stringMatching(/^[a-z~/]{1,4}$/), json), json, (document, value) => {
        const add = { op: 'add', path: '/new~0key', value };
        expect(
          applyJsonPatch(document, [
            add,
            { op: 'test', path: '/new~0key', value },
            { op: 'remove', path: '/new~0key' },
          ]),
        ).toEqual(document);
      }),
    );
  });
});

describe('merge patch', () => {
  test.each<[Json, Json, Json]>([
    [{ a: 'b' }, { a: 'c' }, { a: 'c' }],
    [{ a: 'b' }, { a: null }, {}],
    [{ a: ['b'] }, { a: 'c' }, { a: 'c' }],
    [{ a: { b: 'c' } }, { a: { b: 'd', c: null } }, { a: { b: 'd' } }],
    [
      ['a', 'b'],
      ['c', 'd'],
      ['c', 'd'],
    ],
    [{ e: null }, { a: 1 }, { e: null, a: 1 }],
    [{}, { a: { bb: { ccc: null } } }, { a: { bb: {} } }],
    [{ a: 'foo' }, null, null],
  ])('%j patched with %j is %j', (target, patch, expected) => {
    expect(applyMergePatch(target, patch)).toEqual(expected);
  });

  test('applying a patch twice is applying it once, and without nulls everything it says is then so', () => {
    fc.assert(
      fc.property(json, json, (target, patch) => {
        const once = applyMergePatch(target, patch);
        expect(applyMergePatch(once, patch)).toEqual(once);
      }),
    );
  });
});

const POD = 'io.k8s.api.core.v1.Pod';
const strategic = (target: Json, patch: Json): Json => applyStrategicMergePatch(schema, POD, target, patch);
const containers = (...list: Json[]): Json => ({ spec: { containers: list } });

describe('strategic merge patch', () => {
  test.each<[string, Json, Json, Json]>([
    [
      'merges a list by its key',
      containers({ name: 'a', image: '1' }, { name: 'b', image: '1' }),
      containers({ name: 'b', image: '2' }),
      containers({ name: 'a', image: '1' }, { name: 'b', image: '2' }),
    ],
    [
      'puts a new element before those that the patch does not name',
      containers({ name: 'a' }),
      containers({ name: 'b' }),
      containers({ name: 'b' }, { name: 'a' }),
    ],
    [
      'deletes an element',
      containers({ name: 'a' }, { name: 'b' }),
      containers({ name: 'a', $patch: 'delete' }),
      containers({ name: 'b' }),
    ],
    [
      'replaces a list',
      containers({ name: 'a' }, { name: 'b' }),
      containers({ $patch: 'replace' }, { name: 'c' }),
      containers({ name: 'c' }),
    ],
    [
      'replaces an object',
      { metadata: { labels: { a: '1' } } },
      { metadata: { labels: { $patch: 'replace', b: '2' } } },
      { metadata: { labels: { b: '2' } } },
    ],
    [
      'deletes an object',
      { metadata: { labels: { a: '1' } } },
      { metadata: { labels: { $patch: 'delete' } } },
      { metadata: {} },
    ],
    [
      'deletes a member with null',
      { metadata: { labels: { a: '1', b: '2' } } },
      { metadata: { labels: { a: null } } },
      { metadata: { labels: { b: '2' } } },
    ],
    [
      'replaces an atomic list',
      { spec: { containers: [{ name: 'a', args: ['1', '2'] }] } },
      containers({ name: 'a', args: ['3'] }),
      containers({ name: 'a', args: ['3'] }),
    ],
    [
      'merges a list of primitives',
      { metadata: { finalizers: ['a'] } },
      { metadata: { finalizers: ['b', 'a'] } },
      { metadata: { finalizers: ['b', 'a'] } },
    ],
    [
      'deletes from a list of primitives',
      { metadata: { finalizers: ['a', 'b'] } },
      { metadata: { '$deleteFromPrimitiveList/finalizers': ['a'] } },
      { metadata: { finalizers: ['b'] } },
    ],
    [
      'orders elements, leaving those only the server has in their place',
      containers({ name: 'a' }, { name: 'server' }, { name: 'b' }),
      {
        spec: {
          '$setElementOrder/containers': [{ name: 'c' }, { name: 'b' }, { name: 'a' }],
          containers: [{ name: 'c' }],
        },
      },
      containers({ name: 'c' }, { name: 'server' }, { name: 'b' }, { name: 'a' }),
    ],
    [
      'leaves an element that only the server has before the one it stood before',
      containers({ name: 'a' }, { name: 'server' }, { name: 'b' }),
      { spec: { '$setElementOrder/containers': [{ name: 'b' }, { name: 'a' }] } },
      containers({ name: 'server' }, { name: 'b' }, { name: 'a' }),
    ],
    [
      'keeps only the retained members of a volume',
      { spec: { volumes: [{ name: 'v', emptyDir: {} }] } },
      { spec: { volumes: [{ name: 'v', $retainKeys: ['name', 'hostPath'], hostPath: { path: '/x' } }] } },
      { spec: { volumes: [{ name: 'v', hostPath: { path: '/x' } }] } },
    ],
    ['drops nulls in new elements', containers(), containers({ name: 'a', command: null }), containers({ name: 'a' })],
  ])('%s', (_, target, patch, expected) => {
    expect(strategic(target, patch)).toEqual(expected);
  });

  test.each<[string, Json, string]>([
    [
      'an element without its merge key',
      containers({ image: 'x' }),
      'map: map[image:x] does not contain declared merge key: name',
    ],
    ['an unknown directive', { metadata: { $patch: 'add' } }, 'unknown patch type: add in map: map[$patch:add]'],
    [
      'an order that misses a patched element',
      { spec: { '$setElementOrder/containers': [], containers: [{ name: 'a' }] } },
      "doesn't match $setElementOrder",
    ],
    ['a patch that is no object', [], 'json: cannot unmarshal array into Go value of type map[string]interface {}'],
  ])('refuses %s', (_, patch, message) => {
    expect(failureOf(() => strategic({}, patch)).message).toContain(message);
  });

  test('ports merge by containerPort and keep both protocols apart only by it', () => {
    const target = containers({ name: 'a', ports: [{ containerPort: 80, name: 'http' }, { containerPort: 81 }] });
    const patch = containers({ name: 'a', ports: [{ containerPort: 81, name: 'admin' }] });
    expect(strategic(target, patch)).toEqual(
      containers({
        name: 'a',
        ports: [
          { containerPort: 80, name: 'http' },
          { containerPort: 81, name: 'admin' },
        ],
      }),
    );
  });

  const element = fc.record({ name: fc.constantFrom('a', 'b', 'c', 'd'), image: fc.constantFrom('1', '2') });
  const elements = fc.uniqueArray(element, { selector: ({ name }) => name });

  test('a merged list is what a map by name would be, in the order of the patch', () => {
    fc.assert(
      fc.property(elements, elements, (target, patch) => {
        const model = new Map(target.map((item) => [item.name, item]));
        for (const item of patch) model.set(item.name, item);
        // What only the server has stands before the first of the patch's elements that it stood before.
        const at = (name: string): number => target.findIndex((item) => item.name === name);
        const names = patch.map(({ name }) => name);
        let from = 0;
        for (const { name } of target.filter((item) => !names.includes(item.name))) {
          while (from < names.length && at(names[from] ?? '') < at(name)) from++;
          names.splice(from++, 0, name);
        }
        const merged = names.map((name) => model.get(name) ?? { name });
        expect(strategic(containers(...target), containers(...patch))).toEqual(containers(...merged));
      }),
    );
  });

  test('it is a merge patch where the schema names no list', () => {
    const labels = fc.dictionary(fc.constantFrom('a', 'b', 'c'), fc.option(fc.constantFrom('1', '2')));
    fc.assert(
      fc.property(fc.dictionary(fc.constantFrom('a', 'b', 'c'), fc.constantFrom('1', '2')), labels, (target, patch) => {
        const [document, change] = [{ metadata: { labels: target } }, { metadata: { labels: patch } }];
        expect(strategic(document, change)).toEqual(applyMergePatch(document, change));
      }),
    );
  });
});

test('applyPatch refuses other media types with 415', () => {
  expect(failureOf(() => applyPatch(schema, 'application/json', POD, {}, {})).status.code).toBe(415);
});
