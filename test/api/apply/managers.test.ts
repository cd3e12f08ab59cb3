// The entries of managedFields: their times and order, how many there may be, and what bodies may say about them.
import { describe, expect, test } from 'vitest';
import { cloneJson, type Json, type KubeObject } from '../../../src/api/index.ts';
import { applied, bare, created, LATER, NOW, object, owners, updated } from './support.ts';

const metadata = { name: 'web', namespace: 'default' };
type Fields = Readonly<Record<string, Json>>;

function configMap(data: Fields, managedFields?: Json): KubeObject {
  const claim = managedFields === undefined ? {} : { managedFields };
  return object({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { ...metadata, ...claim }, data: { ...data } });
}

describe('an entry', () => {
  test('is written as Kubernetes writes it', () => {
    const one = updated(created(configMap({ a: '1' })), configMap({ a: '2' }), { manager: 'm', subresource: 'part' });
    expect(JSON.stringify(one.metadata?.managedFields)).toBe(
      JSON.stringify([
        {
          manager: 'kubectl',
          operation: 'Update',
          apiVersion: 'v1',
          time: '2026-01-01T00:00:00Z',
          fieldsType: 'FieldsV1',
          fieldsV1: { 'f:data': {} },
        },
        {
          manager: 'm',
          operation: 'Update',
          apiVersion: 'v1',
          time: '2026-01-01T00:00:00Z',
          fieldsType: 'FieldsV1',
          fieldsV1: { 'f:data': { 'f:a': {} } },
          subresource: 'part',
        },
      ]),
    );
  });

  test('of a nameless manager is unknown’s', () => {
    expect(Object.keys(owners(created(configMap({ a: '1' }), { manager: '' })))).toEqual(['unknown Update v1 00:00']);
  });

  test('has the time of its last change, not of what others took from it', () => {
    const first = created(configMap({ a: '1', b: '1' }), { manager: 'a' });
    const one = updated(first, configMap({ a: '1', b: '2' }), { manager: 'b', nowMs: LATER });
    expect(owners(one)).toEqual({
      'a Update v1 00:00': { 'f:data': { '.': {}, 'f:a': {} } },
      'b Update v1 01:00': { 'f:data': { 'f:b': {} } },
    });
  });

  test('gets a new time when its own fields change', () => {
    const one = updated(created(configMap({ a: '1' })), configMap({ a: '2' }), { nowMs: LATER });
    expect(owners(one)).toEqual({ 'kubectl Update v1 01:00': { 'f:data': { '.': {}, 'f:a': {} } } });
  });

  test('keeps its time when its manager only removes', () => {
    const one = updated(created(configMap({ a: '1', b: '1' })), configMap({ a: '1' }), { nowMs: LATER });
    expect(owners(one)).toEqual({ 'kubectl Update v1 00:00': { 'f:data': { '.': {}, 'f:a': {} } } });
  });

  test('of an applier gets a new time when its set or the object changes', () => {
    const live = applied(undefined, configMap({ a: '1', b: '1' }), { manager: 'a' });
    const fewer = applied(applied(live, configMap({ b: '1' }), { manager: 'b' }), configMap({ a: '1' }), {
      manager: 'a',
      nowMs: LATER,
    });
    expect(Object.keys(owners(fewer))).toEqual(['b Apply v1 00:00', 'a Apply v1 01:00']);
    const other = applied(live, configMap({ a: '1', b: '2' }), { manager: 'a', nowMs: LATER });
    expect(Object.keys(owners(other))).toEqual(['a Apply v1 01:00']);
  });

  test('comes after those of appliers when it is an updater’s, and after older ones', () => {
    const first = created(configMap({ a: '1', b: '1', c: '1' }), { manager: 'z', nowMs: NOW });
    const second = updated(first, configMap({ a: '2', b: '1', c: '1' }), { manager: 'y', nowMs: LATER });
    const third = applied(second, configMap({ c: '1' }), { manager: 'x', nowMs: LATER });
    const one = updated(third, configMap({ a: '2', b: '2', c: '1' }), { manager: 'w', nowMs: NOW });
    expect(Object.keys(owners(one))).toEqual([
      'x Apply v1 01:00',
      'w Update v1 00:00',
      'z Update v1 00:00',
      'y Update v1 01:00',
    ]);
  });

  test('in a version that is not served any more is dropped', () => {
    const live = created(configMap({ a: '1', b: '1' }));
    const [entry] = live.metadata?.managedFields ?? [];
    if (live.metadata === undefined || entry === undefined) throw new Error('an entry was expected');
    live.metadata.managedFields = [{ ...entry, manager: 'old', apiVersion: 'v1beta7' }, entry];
    const one = updated(live, configMap({ a: '1', b: '2' }), { manager: 'b' });
    expect(Object.keys(owners(one))).toEqual(['b Update v1 00:00', 'kubectl Update v1 00:00']);
  });
});

describe('a write that changes nothing', () => {
  test('leaves the very same managedFields, whoever makes it', () => {
    const live = created(configMap({ a: '1' }), { manager: 'a' });
    expect(updated(live, configMap({ a: '1' }), { manager: 'b', nowMs: LATER }).metadata?.managedFields).toBe(
      live.metadata?.managedFields,
    );
  });

  test('leaves the very same managedFields when it is an apply again', () => {
    const live = applied(undefined, configMap({ a: '1' }), { manager: 'a' });
    const again = applied(live, configMap({ a: '1' }), { manager: 'a', nowMs: LATER });
    expect(again.metadata?.managedFields).toBe(live.metadata?.managedFields);
    expect(again).toEqual(live);
    expect(again).not.toBe(live);
  });
});

describe('the entries of updates', () => {
  const KEYS = Array.from({ length: 14 }, (_, i) => `k${String(i).padStart(2, '0')}`);

  /** Each manager in turn changes one key. */
  function writtenBy(count: number): KubeObject {
    const data: Record<string, Json> = Object.fromEntries(KEYS.map((key) => [key, '0']));
    let live = created(configMap(data), { manager: 'creator' });
    for (const [i, key] of KEYS.slice(0, count).entries()) {
      data[key] = '1';
      live = updated(live, configMap(data), { manager: `m${String(i).padStart(2, '0')}`, nowMs: NOW + (i + 1) * 1000 });
    }
    return live;
  }

  test('are ten at most: the oldest become one', () => {
    expect(Object.keys(owners(writtenBy(9)))).toHaveLength(10);
    const one = writtenBy(12);
    const names = Object.keys(owners(one));
    expect(names).toEqual([
      'ancient-changes Update v1 00:03',
      ...[3, 4, 5, 6, 7, 8, 9, 10, 11].map(
        (i) => `m${String(i).padStart(2, '0')} Update v1 00:${String(i + 1).padStart(2, '0')}`,
      ),
    ]);
    expect(owners(one)[names[0] ?? '']).toEqual({
      'f:data': { '.': {}, 'f:k00': {}, 'f:k01': {}, 'f:k02': {}, 'f:k12': {}, 'f:k13': {} },
    });
  });

  test('do not count those of appliers', () => {
    let live = writtenBy(9);
    for (let i = 0; i < 3; i++) live = applied(live, configMap({ k13: '0' }), { manager: `a${i}` });
    expect(Object.keys(owners(live))).toHaveLength(13);
  });
});

describe('an object without managedFields', () => {
  test('is not tracked by updates', () => {
    expect(updated(configMap({ a: '1' }), configMap({ a: '2' }))).toEqual(configMap({ a: '2' }));
  });

  test('has had somebody before it is first applied to', () => {
    const one = applied(configMap({ a: '1', b: '1' }), configMap({ a: '1', c: '1' }), { manager: 'me' });
    expect(owners(one)).toEqual({
      'before-first-apply Update v1 00:00': { 'f:data': { '.': {}, 'f:a': {}, 'f:b': {} } },
      'me Apply v1 00:00': { 'f:data': { 'f:a': {}, 'f:c': {} } },
    });
  });

  test('is in conflict with who changes what it had', () => {
    expect(() => applied(configMap({ a: '1' }), configMap({ a: '2' }), { manager: 'me' })).toThrow(
      'Apply failed with 1 conflict: conflict with "before-first-apply" using v1: .data.a',
    );
  });
});

describe('managedFields in a body', () => {
  const entry = (manager: string, fieldsV1: Json, more: Fields = {}): Json => ({
    manager,
    operation: 'Update',
    apiVersion: 'v1',
    time: '2025-01-01T00:00:00Z',
    fieldsType: 'FieldsV1',
    fieldsV1,
    ...more,
  });
  const live = (): KubeObject => created(configMap({ a: '1' }), { manager: 'a' });

  test('left out stay as they are', () => {
    expect(updated(live(), configMap({ a: '1' })).metadata?.managedFields).toEqual(live().metadata?.managedFields);
  });

  test('sent back as they were stay as they are', () => {
    const before = live();
    expect(updated(before, cloneJson(before), { manager: 'b' }).metadata?.managedFields).toBe(
      before.metadata?.managedFields,
    );
  });

  test.each<[string, Json]>([
    ['an empty list', []],
    ['a list of one empty entry', [{}]],
  ])('forget everything by %s', (_what, claim) => {
    expect(updated(live(), configMap({ a: '1' }, claim), { manager: 'b' })).toEqual(configMap({ a: '1' }));
  });

  test('make a create with an empty list tracked as any other', () => {
    expect(Object.keys(owners(created(configMap({ a: '1' }, [{}]))))).toEqual(['kubectl Update v1 00:00']);
  });

  test('are taken over, in our spelling', () => {
    const claim = [entry('x', { 'f:data': { 'f:b': {}, 'f:a': {} } })];
    const one = updated(live(), configMap({ a: '1' }, claim), { manager: 'b' });
    expect(owners(one)).toEqual({ 'x Update v1 00:00': { 'f:data': { 'f:a': {}, 'f:b': {} } } });
    expect(JSON.stringify(one.metadata?.managedFields)).toContain('{"f:a":{},"f:b":{}}');
  });

  test('count together with what the same write changes', () => {
    const claim = [entry('x', { 'f:data': { 'f:a': {}, 'f:b': {} } })];
    const one = updated(live(), configMap({ a: '2' }, claim), { manager: 'b' });
    expect(owners(one)).toEqual({
      'x Update v1 00:00': { 'f:data': { 'f:b': {} } },
      'b Update v1 00:00': { 'f:data': { 'f:a': {} } },
    });
  });

  test.each<[string, Json]>([
    ['an operation that is none', entry('x', { 'f:a': {} }, { operation: 'Delete' })],
    ['no version', entry('x', { 'f:a': {} }, { apiVersion: '' })],
    ['another type of fields', entry('x', { 'f:a': {} }, { fieldsType: 'FieldsV2' })],
    ['fields that are none', entry('x', { a: {} })],
    ['a key that is no JSON', entry('x', { 'k:{': {} })],
  ])('are ignored with %s', (_what, bad) => {
    const before = live();
    expect(updated(before, configMap({ a: '1' }, [bad]), { manager: 'b' }).metadata?.managedFields).toBe(
      before.metadata?.managedFields,
    );
  });

  test('are ignored by subresources', () => {
    const before = live();
    const after = configMap({ a: '1' }, [entry('x', { 'f:data': {} })]);
    expect(updated(before, after, { manager: 'b', subresource: 'status' }).metadata?.managedFields).toBe(
      before.metadata?.managedFields,
    );
  });

  test('may be set on creation', () => {
    const one = created(configMap({ a: '1' }, [entry('x', { 'f:metadata': { 'f:labels': {} } })]));
    expect(owners(one)).toEqual({
      'x Update v1 00:00': { 'f:metadata': { 'f:labels': {} } },
      'kubectl Update v1 00:00': { 'f:data': { '.': {}, 'f:a': {} } },
    });
  });

  test('are nothing that an object shares with what is compared', () => {
    expect(bare(updated(live(), configMap({ a: '2' })))).toEqual(configMap({ a: '2' }));
  });
});

describe('an entry in another version of the kind', () => {
  const autoscaler = (apiVersion: string, spec: Fields): KubeObject =>
    object({ apiVersion, kind: 'HorizontalPodAutoscaler', metadata, spec: { maxReplicas: 3, ...spec } });
  const cpu = (averageUtilization: number): Fields => ({
    metrics: [{ type: 'Resource', resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization } } }],
  });
  const live = (): KubeObject => {
    const one = created(autoscaler('autoscaling/v1', { targetCPUUtilizationPercentage: 50 }), { manager: 'a' });
    return object({ ...(autoscaler('autoscaling/v2', cpu(50)) as object), metadata: one.metadata as unknown as Json });
  };

  test('loses what is changed in its own terms', () => {
    const one = updated(live(), autoscaler('autoscaling/v2', cpu(80)), { manager: 'b' });
    expect(owners(one)).toEqual({
      'a Update autoscaling/v1 00:00': { 'f:spec': { 'f:maxReplicas': {} } },
      'b Update autoscaling/v2 00:00': { 'f:spec': { 'f:metrics': {} } },
    });
  });

  test('is in conflict in its own terms', () => {
    expect(() => applied(live(), autoscaler('autoscaling/v2', cpu(80)), { manager: 'b' })).toThrow(
      'Apply failed with 1 conflict: conflict with "a" using autoscaling/v1: .spec.targetCPUUtilizationPercentage',
    );
  });
});

describe('a body that claims thousands of managers', () => {
  test('costs no more than its own size when it changes thousands of fields too', () => {
    const count = 4_000;
    const data = (value: string): Fields =>
      Object.fromEntries(Array.from({ length: count }, (_, i) => [`k${i}`, value]));
    const claim = Array.from(
      { length: count },
      (_, i): Json => ({
        manager: `m${i}`,
        operation: 'Apply',
        apiVersion: 'v1',
        fieldsType: 'FieldsV1',
        fieldsV1: { 'f:data': { [`f:k${i}`]: {}, 'f:other': {} } },
      }),
    );
    const one = updated(created(configMap(data('1'))), configMap(data('2'), claim), { manager: 'b' });
    expect(one.metadata?.managedFields).toHaveLength(count + 1);
    expect(owners(one)['m7 Apply v1 never']).toEqual({ 'f:data': { 'f:other': {} } });
  });
});
