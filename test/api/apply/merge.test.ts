// What an applied configuration makes of an object: merged, and pruned of what its manager no longer names.
import { describe, expect, test } from 'vitest';
import type { Json, KubeObject } from '../../../src/api/index.ts';
import { applied, bare, created, object, owners, updated } from './support.ts';

const metadata = { name: 'web', namespace: 'default' };
type Fields = Readonly<Record<string, Json>>;

function configMap(data: Fields | undefined, more: Fields = {}): KubeObject {
  const content = data === undefined ? {} : { data: { ...data } };
  return object({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { ...metadata, ...more }, ...content });
}

function pod(spec: Fields): KubeObject {
  return object({ apiVersion: 'v1', kind: 'Pod', metadata, spec: { ...spec } });
}

const containers = (...names: string[]): KubeObject => pod({ containers: names.map((name) => ({ name })) });

/** The names of the containers, in order. */
function namesIn(one: KubeObject): string {
  const { spec } = one as unknown as { spec?: { containers?: { name: string }[] } };
  return (spec?.containers ?? []).map(({ name }) => name).join('');
}

describe('an apply to nothing', () => {
  test('creates the object, and owns what it names', () => {
    const one = applied(undefined, configMap({ a: '1' }, { labels: { app: 'web' } }), { manager: 'me' });
    expect(bare(one)).toEqual(configMap({ a: '1' }, { labels: { app: 'web' } }));
    expect(owners(one)).toEqual({
      'me Apply v1 00:00': { 'f:data': { 'f:a': {} }, 'f:metadata': { 'f:labels': { 'f:app': {} } } },
    });
  });

  test('owns items of lists with their keys', () => {
    expect(owners(applied(undefined, containers('a'), { manager: 'me' }))).toEqual({
      'me Apply v1 00:00': { 'f:spec': { 'f:containers': { 'k:{"name":"a"}': { '.': {}, 'f:name': {} } } } },
    });
  });

  test('owns an empty struct, an empty map and an empty atomic list, but nothing of an empty list of items', () => {
    const one = pod({ containers: [], dnsConfig: {}, nodeSelector: {}, tolerations: [], overhead: {} });
    expect(owners(applied(undefined, one, { manager: 'me' }))).toEqual({
      'me Apply v1 00:00': {
        'f:spec': { 'f:dnsConfig': {}, 'f:nodeSelector': {}, 'f:overhead': {}, 'f:tolerations': {} },
      },
    });
  });

  test('of nothing but a name owns nothing', () => {
    expect(owners(applied(undefined, configMap(undefined), { manager: 'me' }))).toEqual({});
  });
});

describe('an apply to a live object', () => {
  test('keeps what others have set', () => {
    const live = created(configMap({ a: '1' }), { manager: 'a' });
    expect(bare(applied(live, configMap({ b: '2' }), { manager: 'b' }))).toEqual(configMap({ a: '1', b: '2' }));
  });

  test('merges items by their keys, deep in the object', () => {
    const live = created(pod({ containers: [{ name: 'a', image: 'x', env: [{ name: 'A', value: '1' }] }] }));
    const wanted = pod({ containers: [{ name: 'a', env: [{ name: 'B', value: '2' }] }] });
    expect(bare(applied(live, wanted, { manager: 'b' }))).toEqual(
      pod({
        containers: [
          {
            name: 'a',
            image: 'x',
            env: [
              { name: 'A', value: '1' },
              { name: 'B', value: '2' },
            ],
          },
        ],
      }),
    );
  });

  test('finds an item whose key takes its default', () => {
    const live = created(pod({ containers: [{ name: 'a', ports: [{ containerPort: 80, protocol: 'TCP' }] }] }));
    const wanted = pod({ containers: [{ name: 'a', ports: [{ containerPort: 80, name: 'http' }] }] });
    expect(bare(applied(live, wanted, { manager: 'b' }))).toEqual(
      pod({ containers: [{ name: 'a', ports: [{ containerPort: 80, protocol: 'TCP', name: 'http' }] }] }),
    );
  });

  test.each([
    ['abc', 'b', 'abc'],
    ['abc', 'bx', 'abcx'],
    ['abc', 'x', 'abcx'],
    ['abc', 'xc', 'abxc'],
    ['abc', 'ca', 'bca'],
    ['abcd', 'db', 'acdb'],
    ['ab', 'ba', 'ba'],
    ['abc', 'acb', 'acb'],
    ['', 'ba', 'ba'],
  ])('puts the items of %s and %s in the order %s', (before, wanted, after) => {
    const live = created(containers(...before), { manager: 'a' });
    expect(namesIn(applied(live, containers(...wanted), { manager: 'b' }))).toBe(after);
  });

  test('adds to a set what it does not have', () => {
    const live = created(configMap(undefined, { finalizers: ['e/a', 'e/b'] }));
    const one = applied(live, configMap(undefined, { finalizers: ['e/b', 'e/c'] }), { manager: 'b' });
    expect(one.metadata?.finalizers).toEqual(['e/a', 'e/b', 'e/c']);
  });

  test('replaces an atomic list and an atomic map', () => {
    const live = created(pod({ tolerations: [{ key: 'a' }], nodeSelector: { a: '1' } }));
    const wanted = pod({ tolerations: [{ key: 'b' }], nodeSelector: { b: '1' } });
    expect(bare(applied(live, wanted, { manager: 'b', force: true }))).toEqual(wanted);
  });

  test('replaces items that nothing tells apart by its own one', () => {
    const service = (...names: string[]): KubeObject =>
      object({
        apiVersion: 'v1',
        kind: 'Service',
        metadata,
        spec: { ports: names.map((name) => ({ port: 53, name })) },
      });
    const live = created(service('a', 'b'));
    expect(bare(applied(live, service('c'), { manager: 'b', force: true }))).toEqual(service('c'));
  });

  test('keeps duplicates that it does not name', () => {
    const port = (name: string, number: number): Json => ({ port: number, protocol: 'TCP', name });
    const service = (...ports: Json[]): KubeObject =>
      object({ apiVersion: 'v1', kind: 'Service', metadata, spec: { ports } });
    const live = created(service(port('a', 53), port('b', 53)));
    expect(bare(applied(live, service(port('c', 80)), { manager: 'b' }))).toEqual(
      service(port('a', 53), port('b', 53), port('c', 80)),
    );
  });

  test('changes neither of the two', () => {
    const live = created(containers('a', 'b'));
    const wanted = containers('b', 'c');
    const texts = [JSON.stringify(live), JSON.stringify(wanted)];
    const one = applied(live, wanted, { manager: 'b' });
    (one as unknown as { spec: { containers: Json[] } }).spec.containers.length = 0;
    expect([JSON.stringify(live), JSON.stringify(wanted)]).toEqual(texts);
  });

  test('is not led astray by keys that every object has', () => {
    const live = created(configMap({ toString: '1' }));
    expect(bare(applied(live, configMap({ constructor: '2' }), { manager: 'b' }))).toEqual(
      configMap({ toString: '1', constructor: '2' }),
    );
  });
});

describe('null in a configuration', () => {
  test('empties a field, and owns it', () => {
    const live = applied(undefined, pod({ hostname: 'h', subdomain: 's' }), { manager: 'a' });
    const one = applied(live, pod({ hostname: null }), { manager: 'a' });
    expect(bare(one)).toEqual(pod({}));
    expect(owners(one)).toEqual({ 'a Apply v1 00:00': { 'f:spec': { 'f:hostname': {} } } });
  });

  test('of a field that another owns is a conflict', () => {
    const live = created(pod({ hostname: 'h' }), { manager: 'a' });
    expect(() => applied(live, pod({ hostname: null }), { manager: 'b' })).toThrow(
      'conflict with "a" using v1: .spec.hostname',
    );
  });

  test('leaves what others have in a struct, a map or a list', () => {
    const spec = { dnsConfig: { nameservers: ['10.0.0.1'] }, overhead: { cpu: '1' }, containers: [{ name: 'a' }] };
    const live = created(pod(spec), { manager: 'a' });
    expect(bare(applied(live, pod({ dnsConfig: null, overhead: null, containers: null }), { manager: 'b' }))).toEqual(
      pod(spec),
    );
  });

  test('of a field that is not there changes nothing', () => {
    const live = applied(undefined, pod({ hostname: 'h', subdomain: null }), { manager: 'a' });
    expect(applied(live, pod({ hostname: 'h', subdomain: null }), { manager: 'a', nowMs: 0 })).toEqual(live);
    expect(bare(live)).toEqual(pod({ hostname: 'h' }));
  });

  test('in items of lists is not there either', () => {
    const one = applied(undefined, pod({ containers: [{ name: 'a', image: null }] }), { manager: 'a' });
    expect(bare(one)).toEqual(pod({ containers: [{ name: 'a' }] }));
  });
});

describe('what a manager no longer applies', () => {
  test('goes away: fields, members of maps, items of lists and sets', () => {
    const before = object({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { ...metadata, labels: { a: '1', b: '2' }, finalizers: ['e/a', 'e/b'] },
      spec: { hostname: 'h', containers: [{ name: 'a', image: 'i' }, { name: 'b' }], tolerations: [{ key: 'a' }] },
    });
    const after = object({
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { ...metadata, labels: { a: '1' }, finalizers: ['e/b'] },
      spec: { containers: [{ name: 'a' }] },
    });
    const live = applied(undefined, before, { manager: 'a' });
    const one = applied(live, after, { manager: 'a' });
    expect(bare(one)).toEqual(after);
    expect(owners(one)).toEqual(owners(applied(undefined, after, { manager: 'a' })));
  });

  test('goes away with the map that it was alone in', () => {
    const live = applied(undefined, configMap({ a: '1' }), { manager: 'a' });
    expect(bare(applied(live, configMap(undefined), { manager: 'a' }))).toEqual(configMap(undefined));
  });

  test('goes away with the struct around it', () => {
    const live = applied(undefined, pod({ hostname: 'h', dnsConfig: { nameservers: ['10.0.0.1'] } }), { manager: 'a' });
    expect(bare(applied(live, pod({ hostname: 'h' }), { manager: 'a' }))).toEqual(pod({ hostname: 'h' }));
  });

  test('leaves the name when it was all that the manager had in the metadata', () => {
    const live = applied(undefined, configMap({ a: '1' }, { labels: { a: '1' } }), { manager: 'a' });
    expect(bare(applied(live, configMap({ a: '1' }), { manager: 'a' }))).toEqual(configMap({ a: '1' }));
  });

  test('goes away though another owns the map that it was in: that stays its owner’s, though it cannot be seen', () => {
    const first = applied(undefined, configMap({}), { manager: 'b' });
    const live = applied(first, configMap({ a: '1' }), { manager: 'a' });
    const one = applied(live, configMap(undefined), { manager: 'a' });
    expect(bare(one)).toEqual(configMap(undefined));
    expect(owners(one)).toEqual({ 'b Apply v1 00:00': { 'f:data': {} } });
  });

  test('stays when another applies it too', () => {
    const first = applied(undefined, configMap({ a: '1', b: '2' }), { manager: 'a' });
    const live = applied(first, configMap({ a: '1' }), { manager: 'b' });
    const one = applied(live, configMap({ c: '3' }), { manager: 'a' });
    expect(bare(one)).toEqual(configMap({ a: '1', c: '3' }));
    expect(owners(one)).toEqual({
      'a Apply v1 00:00': { 'f:data': { 'f:c': {} } },
      'b Apply v1 00:00': { 'f:data': { 'f:a': {} } },
    });
  });

  test('goes away once the last of its appliers is gone', () => {
    const first = applied(undefined, configMap({ a: '1' }), { manager: 'a' });
    const second = applied(first, configMap({ a: '1' }), { manager: 'b' });
    const third = applied(second, configMap(undefined), { manager: 'a' });
    expect(bare(third)).toEqual(configMap({ a: '1' }));
    const last = applied(third, configMap(undefined), { manager: 'b' });
    expect(bare(last)).toEqual(configMap(undefined));
    expect(owners(last)).toEqual({});
  });

  test('stays when an update has changed it since: it is the updater’s', () => {
    const first = applied(undefined, configMap({ a: '1', b: '1' }), { manager: 'a' });
    const live = updated(first, configMap({ a: '2', b: '1' }), { manager: 'b' });
    expect(bare(applied(live, configMap(undefined), { manager: 'a' }))).toEqual(configMap({ a: '2' }));
  });

  test('stays of an item what others have added, as long as they own the item', () => {
    const first = applied(undefined, pod({ containers: [{ name: 'a', image: 'i' }] }), { manager: 'a' });
    const live = applied(first, pod({ containers: [{ name: 'a', command: ['c'] }] }), { manager: 'b' });
    const one = applied(live, pod({ hostname: 'h' }), { manager: 'a' });
    expect(bare(one)).toEqual(pod({ containers: [{ name: 'a', command: ['c'] }], hostname: 'h' }));
  });

  test('takes an item along in which others own fields, when nobody else owns the item', () => {
    const first = applied(undefined, containers('a', 'b'), { manager: 'a' });
    const live = updated(first, pod({ containers: [{ name: 'a', image: 'i' }, { name: 'b' }] }), { manager: 'b' });
    const one = applied(live, containers('b'), { manager: 'a' });
    expect(bare(one)).toEqual(containers('b'));
    expect(owners(one)).toEqual(owners(applied(undefined, containers('b'), { manager: 'a' })));
  });

  test('leaves alone what nobody ever applied', () => {
    const first = created(pod({ containers: [{ name: 'a' }, { name: 'b' }] }), { manager: 'u' });
    const live = applied(first, pod({ containers: [{ name: 'b' }], hostname: 'h' }), { manager: 'a' });
    expect(bare(applied(live, pod({ hostname: 'h' }), { manager: 'a' }))).toEqual(
      pod({ containers: [{ name: 'a' }, { name: 'b' }], hostname: 'h' }),
    );
  });

  test('goes away although the manager speaks another version now', () => {
    const hpa = (apiVersion: string, spec: Fields): KubeObject =>
      object({ apiVersion, kind: 'HorizontalPodAutoscaler', metadata, spec: { ...spec } });
    const first = applied(undefined, hpa('autoscaling/v1', { minReplicas: 1, maxReplicas: 3 }), { manager: 'a' });
    const live = object({ ...(first as object), apiVersion: 'autoscaling/v2' });
    const one = applied(live, hpa('autoscaling/v2', { maxReplicas: 3 }), { manager: 'a' });
    expect(bare(one)).toEqual(hpa('autoscaling/v2', { maxReplicas: 3 }));
    expect(owners(one)).toEqual({ 'a Apply autoscaling/v2 00:00': { 'f:spec': { 'f:maxReplicas': {} } } });
  });
});

describe('a configuration that cannot be', () => {
  const refused = (configuration: KubeObject): unknown => {
    try {
      return applied(undefined, configuration, { manager: 'a' });
    } catch (error) {
      return (error as { status?: unknown }).status ?? error;
    }
  };
  const failed = 'failed to create typed patch object (default/web; /v1, Kind=Pod): ';

  test('says who owns what', () => {
    expect(refused(configMap({}, { managedFields: [] }))).toMatchObject({
      code: 400,
      reason: 'BadRequest',
      message: 'metadata.managedFields must be nil',
    });
  });

  test.each<[string, Fields, string]>([
    [
      'names an item twice',
      { containers: [{ name: 'a' }, { name: 'a' }] },
      '.spec.containers: duplicate entries for key [name="a"]',
    ],
    [
      'names an item twice, once by default',
      { containers: [{ name: 'a', ports: [{ containerPort: 80 }, { containerPort: 80, protocol: 'TCP' }] }] },
      '.spec.containers[name="a"].ports: duplicate entries for key [containerPort=80,protocol="TCP"]',
    ],
    [
      'has two items without their key, which is the empty text then',
      { containers: [{ image: 'i' }, { image: 'j' }] },
      '.spec.containers: duplicate entries for key [name=""]',
    ],
    [
      'has null for an item',
      { containers: [null] },
      '.spec.containers: element 0: associative list with keys may not have a null element',
    ],
    [
      'has a text for an item',
      { containers: ['a'] },
      '.spec.containers: element 0: associative list with keys may not have non-map elements',
    ],
    ['has an unknown field', { nonsense: 1 }, '.spec.nonsense: field not declared in schema'],
    [
      'has an unknown field in an atomic list',
      { tolerations: [{ x: 1 }] },
      '.spec.tolerations[0].x: field not declared in schema',
    ],
    ['has a text for a number', { priority: '1' }, '.spec.priority: expected numeric (int or float), got string'],
    [
      'has a number for a text',
      { hostname: 1 },
      '.spec.hostname: expected string, got &value.valueUnstructured{Value:1}',
    ],
    ['has a text for a boolean', { hostNetwork: 'yes' }, '.spec.hostNetwork: expected boolean, got &{yes}'],
    ['has a map for a list', { containers: {} }, '.spec.containers: expected list, got &{map[]}'],
    ['has a list for a struct', { dnsConfig: [] }, '.spec.dnsConfig: expected map, got &{[]}'],
  ])('%s', (_what, spec, message) => {
    expect(refused(pod(spec))).toEqual(expect.objectContaining({ code: 500, message: failed + message }));
    expect(refused(pod(spec))).not.toHaveProperty('reason');
  });

  test('has an item whose keys the API does not require, without any of them', () => {
    const account = object({
      apiVersion: 'v1',
      kind: 'ServiceAccount',
      metadata,
      secrets: [{ namespace: 'n' }],
    });
    expect(refused(account)).toMatchObject({
      code: 500,
      message:
        'failed to create typed patch object (default/web; /v1, Kind=ServiceAccount): .secrets: element 0: associative list with keys has an element that omits all key fields ["name"] (and doesn\'t have default values for any key fields)',
    });
  });

  test('has a tree for a text, printed as in a program', () => {
    expect(refused(pod({ hostname: { b: [1, 'x'], a: null } }))).toMatchObject({
      message: `${failed}.spec.hostname: expected string, got &value.valueUnstructured{Value:map[string]interface {}{"a":interface {}(nil), "b":[]interface {}{1, "x"}}}`,
    });
  });

  test('names a value of a set twice', () => {
    expect(refused(configMap(undefined, { finalizers: ['e/a', 'e/a'] }))).toMatchObject({
      message:
        'failed to create typed patch object (default/web; /v1, Kind=ConfigMap): .metadata.finalizers: duplicate entries for key [="e/a"]',
    });
  });

  test('has several mistakes: all are listed', () => {
    expect(refused(pod({ hostname: 1, priority: 'x' }))).toMatchObject({
      message: `${failed}errors:\n  .spec.hostname: expected string, got &value.valueUnstructured{Value:1}\n  .spec.priority: expected numeric (int or float), got string`,
    });
  });

  test('is of another version', () => {
    const live = created(pod({}));
    const other = object({ apiVersion: 'v1', kind: 'Pod', metadata });
    expect(() => applied(live, other, { apiVersion: 'v2' })).toThrow(
      'Incorrect version specified in apply patch. Specified patch version: v1, expected: v2',
    );
  });
});
