// The garbage collector, run by the real manager against the API in memory.
import { afterEach, describe, expect, it } from 'vitest';
import type { ConfigMap, Served } from '../../src/api/index.ts';
import { CONFIG_MAPS, NAMESPACES, SECRETS } from '../../src/client/index.ts';
import { configMap, type Harness, nameIn, startHarness } from './support/harness.ts';

let harness: Harness;
afterEach(() => harness?.stop());

function owned(name: string, owner: Served<ConfigMap>, rest: { block?: boolean; namespace?: string } = {}): ConfigMap {
  const { name: ownerName, uid } = owner.metadata;
  const reference = {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    name: ownerName,
    uid,
    blockOwnerDeletion: rest.block ?? true,
  };
  return configMap(name, { ownerReferences: [reference], ...(rest.namespace ? { namespace: rest.namespace } : {}) });
}

const make = (object: ConfigMap): Promise<Served<ConfigMap>> => harness.api.client.create(CONFIG_MAPS, object);
const names = (): string[] => harness.api.list(CONFIG_MAPS).map(({ metadata }) => metadata.name);
const drop = (object: Served<ConfigMap>, propagationPolicy?: 'Orphan' | 'Background' | 'Foreground'): Promise<void> =>
  harness.api.client.delete(CONFIG_MAPS, nameIn(object), propagationPolicy === undefined ? {} : { propagationPolicy });

describe('garbage collection', () => {
  it('deletes dependents, and theirs, after their owner in the background', async () => {
    harness = await startHarness(['garbage-collector']);
    const root = await make(configMap('root'));
    const child = await make(owned('child', root));
    await make(owned('grandchild', child));
    await make(configMap('bystander'));
    await harness.settle();
    expect(names()).toHaveLength(4);
    await drop(root, 'Background');
    await harness.settle();
    expect(names()).toEqual(['bystander']);
  });

  it('keeps an owner in foreground deletion until its dependents are gone, deepest first', async () => {
    harness = await startHarness(['garbage-collector']);
    const root = await make(configMap('root'));
    const child = await make(owned('child', root));
    const held = owned('grandchild', child);
    await make({ ...held, metadata: { ...held.metadata, finalizers: ['example.com/hold'] } });
    await harness.settle();
    await drop(root, 'Foreground');
    await harness.pass(20_000);
    expect(names()).toEqual(['child', 'grandchild', 'root']);
    const live = await harness.api.client.get(CONFIG_MAPS, { namespace: 'default', name: 'grandchild' });
    await harness.api.client.update(CONFIG_MAPS, { ...live, metadata: { ...live.metadata, finalizers: [] } });
    await harness.pass(20_000);
    expect(names()).toEqual([]);
  });

  it('does not wait in the foreground for dependents that do not block', async () => {
    harness = await startHarness(['garbage-collector']);
    const root = await make(configMap('root'));
    const lazy = owned('lazy', root, { block: false });
    await make({ ...lazy, metadata: { ...lazy.metadata, finalizers: ['example.com/hold'] } });
    await harness.settle();
    await drop(root, 'Foreground');
    await harness.settle();
    expect(names()).toEqual(['lazy']);
  });

  it('cuts dependents loose when the owner is deleted as an orphan maker', async () => {
    harness = await startHarness(['garbage-collector']);
    const root = await make(configMap('root'));
    await make(owned('child', root));
    await harness.settle();
    await drop(root, 'Orphan');
    await harness.settle();
    expect(names()).toEqual(['child']);
    expect(harness.api.find(CONFIG_MAPS, 'default', 'child')?.metadata.ownerReferences).toEqual([]);
  });

  it('keeps what has another owner that lives, and forgets the one that went', async () => {
    harness = await startHarness(['garbage-collector']);
    const one = await make(configMap('one'));
    const two = await make(configMap('two'));
    const both = owned('both', one);
    const references = [
      ...(both.metadata?.ownerReferences ?? []),
      ...(owned('x', two).metadata?.ownerReferences ?? []),
    ];
    await make({ ...both, metadata: { ...both.metadata, ownerReferences: references } });
    await harness.settle();
    await drop(one);
    await harness.settle();
    expect(names()).toEqual(['both', 'two']);
    const left = harness.api.find(CONFIG_MAPS, 'default', 'both')?.metadata.ownerReferences;
    expect(left?.map(({ name }) => name)).toEqual(['two']);
  });

  it('takes an owner of another namespace, and one whose name is another object now, for absent', async () => {
    harness = await startHarness(['garbage-collector']);
    const here = await make(configMap('here'));
    await make(owned('abroad', here, { namespace: 'elsewhere' }));
    const reused = owned('reused', here);
    const wrong = (reused.metadata?.ownerReferences ?? []).map((each) => ({ ...each, uid: 'uid-of-the-former' }));
    await make({ ...reused, metadata: { ...reused.metadata, ownerReferences: wrong } });
    await harness.settle();
    expect(names()).toEqual(['here']);
  });

  it('deletes nothing whose owner is of a kind that is not served', async () => {
    harness = await startHarness(['garbage-collector']);
    const reference = { apiVersion: 'example.com/v1', kind: 'Thing', name: 'thing', uid: 'uid-thing' };
    await make(configMap('foreign', { ownerReferences: [reference] }));
    await harness.pass(60_000);
    expect(names()).toEqual(['foreign']);
  });

  it('breaks a circle of objects that would wait for each other', async () => {
    harness = await startHarness(['garbage-collector']);
    const a = await make(configMap('a'));
    const b = await make(owned('b', a));
    const back = owned('a', b).metadata?.ownerReferences;
    const live = await harness.api.client.get(CONFIG_MAPS, nameIn(a));
    await harness.api.client.update(CONFIG_MAPS, {
      ...live,
      metadata: { ...live.metadata, ownerReferences: back ?? [] },
    });
    await harness.settle();
    await drop(a, 'Foreground');
    await harness.pass(30_000);
    expect(names()).toEqual([]);
  });

  it('deletes a thousand dependents of one owner', async () => {
    harness = await startHarness(['garbage-collector']);
    const root = await make(configMap('root'));
    for (let index = 0; index < 1_000; index++) await make(owned(`child-${index}`, root));
    await harness.settle();
    await drop(root);
    await harness.pass(10_000);
    expect(names()).toEqual([]);
  });
});

describe('a namespace that is deleted', () => {
  it('goes with all it contains, and waits for finalizers saying which', async () => {
    harness = await startHarness(['namespace']);
    const { client } = harness.api;
    await client.create(NAMESPACES, { metadata: { name: 'team' } });
    await client.create(CONFIG_MAPS, { metadata: { name: 'settings', namespace: 'team' } });
    const held = { name: 'held', namespace: 'team', finalizers: ['example.com/hold'] };
    await client.create(SECRETS, { metadata: held });
    await client.create(CONFIG_MAPS, configMap('other'));
    await client.delete(NAMESPACES, { namespace: '', name: 'team' });
    await harness.pass(5_000);
    const waiting = harness.api.find(NAMESPACES, '', 'team');
    expect(waiting?.status?.phase).toBe('Terminating');
    const failing = waiting?.status?.conditions?.filter(({ status }) => status === 'True');
    expect(failing?.map(({ type, message }) => [type, message])).toEqual([
      ['NamespaceContentRemaining', 'Some resources are remaining: secrets. has 1 resource instances'],
      [
        'NamespaceFinalizersRemaining',
        'Some content in the namespace has finalizers remaining: example.com/hold in 1 resource instances',
      ],
    ]);
    const secret = await client.get(SECRETS, { namespace: 'team', name: 'held' });
    await client.update(SECRETS, { ...secret, metadata: { ...secret.metadata, finalizers: [] } });
    await harness.pass(5_000);
    expect(harness.api.find(NAMESPACES, '', 'team')).toBeUndefined();
    expect(names()).toEqual(['other']);
  });
});
