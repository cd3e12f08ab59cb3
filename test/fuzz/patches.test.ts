// Patches of every type, made at random, on pods: an answer or an ApiError, a prototype untouched, the target unchanged, and work
// (reads of the target and the patch) that grows with their size, not with its square.
import { afterAll, describe, expect, it } from 'vitest';
import { apiSchema, applyPatch, cloneJson, type Json, type PatchMediaType } from '../../src/api/index.ts';
import { measureJson } from '../../src/api/json.ts';
import { NESTING_LIMIT, prng } from '../../src/lib/index.ts';
import { inputs, jsonPatch, ReadCounter, SEED, Tally, tree } from './garbage.ts';

const POD = 'io.k8s.api.core.v1.Pod';
const JSON_PATCH = 'application/json-patch+json';
const MERGE = 'application/merge-patch+json';
const STRATEGIC = 'application/strategic-merge-patch+json';
const WORK_LIMIT = 24;

function target(): Json {
  return {
    metadata: { name: 'a', labels: { a: 'b', constructor: 'c' }, finalizers: ['a', 'b', 'c'] },
    spec: {
      containers: [
        { name: 'a', image: 'b', env: [{ name: 'a', value: 'b' }], ports: [{ containerPort: 1 }] },
        { name: 'c', image: 'd' },
      ],
      volumes: [{ name: 'a', emptyDir: {} }],
    },
  };
}

/** Applies a patch and answers the reads it took; what is wrong with the outcome fails here. */
function reads(type: PatchMediaType, on: Json, patch: Json): number {
  const counter = new ReadCounter();
  const before = JSON.stringify(on);
  const result = applyPatch(apiSchema(), type, POD, counter.watch(on), counter.watch(patch));
  expect(JSON.stringify(on)).toBe(before);
  expect(measureJson(result).depth).toBeLessThanOrEqual(NESTING_LIMIT);
  return counter.reads;
}

describe.each<PatchMediaType>([JSON_PATCH, MERGE, STRATEGIC])('any %s', (type) => {
  const tally = new Tally();
  afterAll(() => tally.report(`patches ${type}`, 'reads per value'));

  it('is applied or refused, changes neither its target nor a prototype, and works in proportion', () => {
    const random = prng(SEED + 11);
    const clean = Object.getOwnPropertyNames(Object.prototype).join();
    for (let count = 0; count < inputs(1_500); count++) {
      const patch = type === JSON_PATCH && random.chance(0.95) ? jsonPatch(random) : tree(random, 5);
      const on = random.chance(0.8) ? target() : cloneJson(tree(random, 4));
      const work = tally.attempt(() => reads(type, on, patch));
      if (work !== undefined) tally.work(work, measureJson(on).nodes + measureJson(patch).nodes, JSON.stringify(patch));
      expect(Object.getOwnPropertyNames(Object.prototype).join(), JSON.stringify(patch)).toBe(clean);
      expect(tally.most, tally.mostOf).toBeLessThan(WORK_LIMIT);
    }
    expect(tally.counts.accepted).toBeGreaterThan(0);
  });
});

describe('the work of a strategic merge patch', () => {
  const SIZE = 1_500;
  const names = (prefix: string): string[] => Array.from({ length: SIZE }, (_, index) => `${prefix}${index}`);
  const items = (prefix: string): Json[] => names(prefix).map((name) => ({ name }));
  const long = 'k'.repeat(2_000);
  const cases: readonly [string, Json, Json][] = [
    ['a list merged by key', { spec: { containers: items('a') } }, { spec: { containers: items('b') } }],
    [
      'deletions from a list merged by key',
      { spec: { containers: items('a') } },
      { spec: { containers: names('a').map((name) => ({ name, $patch: 'delete' })) } },
    ],
    ['a list of values', { metadata: { finalizers: names('a') } }, { metadata: { finalizers: names('b') } }],
    [
      'deletions from a list of values',
      { metadata: { finalizers: names('a') } },
      { metadata: { '$deleteFromPrimitiveList/finalizers': names('a') } },
    ],
    [
      'an order of elements',
      { spec: { containers: items('a') } },
      { spec: { '$setElementOrder/containers': items('a').reverse(), containers: items('a') } },
    ],
    [
      'huge merge keys',
      { spec: { containers: items(long) } },
      { spec: { containers: items(long), '$setElementOrder/containers': items(long) } },
    ],
  ];

  it.each(cases)('of %s grows with the lists, not with their product', (_what, on, patch) => {
    const work = reads(STRATEGIC, on, patch);
    expect(work / (measureJson(on).nodes + measureJson(patch).nodes)).toBeLessThan(WORK_LIMIT);
  });

  it('of a deep patch is that of one copy of the target, not one for each level', () => {
    const nested = (leaf: Json): Json => {
      let value = leaf;
      for (let level = 0; level < 190; level++) value = { a: value };
      return value;
    };
    const on = nested(Array.from({ length: SIZE }, () => ({})));
    const patch = nested({ z: 1 });
    expect(reads(STRATEGIC, on, patch)).toBeLessThan(WORK_LIMIT * SIZE);
  });
});
