// What the model found the library to do otherwise than Kubernetes, each as its smallest case.
import { describe, expect, it } from 'vitest';
import { applyConfiguration, type KubeObject, trackUpdate } from '../../../src/api/index.ts';
import { schema } from '../support.ts';

const CONFIG_MAP = 'io.k8s.api.core.v1.ConfigMap';
const AUTOSCALER = 'io.k8s.api.autoscaling.v2.HorizontalPodAutoscaler';
const write = (manager: string, apiVersion = 'v1') => ({ manager, apiVersion, subresource: '', nowMs: 0 });
const configMap = (more: object = {}, metadata: object = {}): KubeObject => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name: 'web', ...metadata },
  ...more,
});

function applyAll(typeName: string, applies: readonly (readonly [string, KubeObject])[]): KubeObject {
  let live: KubeObject | undefined;
  for (const [manager, configuration] of applies)
    live = applyConfiguration(schema, typeName, live, configuration, write(manager, configuration.apiVersion), true);
  return live ?? {};
}

describe('an apply', () => {
  it('leaves metadata where it is when its manager leaves the last field of it', () => {
    const before = configMap({}, { uid: 'u1', labels: { x: 'y' } });
    trackUpdate(schema, CONFIG_MAP, undefined, before, write('u'));
    const mine = applyConfiguration(
      schema,
      CONFIG_MAP,
      before,
      configMap({}, { finalizers: ['x'] }),
      write('a'),
      false,
    );
    expect(applyConfiguration(schema, CONFIG_MAP, mine, configMap(), write('a'), false).metadata).toMatchObject({
      name: 'web',
      uid: 'u1',
      labels: { x: 'y' },
    });
    expect(
      applyAll(CONFIG_MAP, [
        ['a', configMap({}, { labels: { x: 'y' } })],
        ['a', configMap()],
      ]).metadata,
    ).toEqual({
      name: 'web',
    });
  });

  it('leaves their owners a map and a struct from which it has the last member removed', () => {
    const applies = [
      ['a', configMap({ data: { x: '1' } })],
      ['b', configMap({ data: {} })],
      ['a', configMap()],
    ] as const;
    const { metadata } = applyAll(CONFIG_MAP, applies);
    expect(metadata?.managedFields).toMatchObject([{ manager: 'b', fieldsV1: { 'f:data': {} } }]);
    const autoscaler = (scaleUp: object): KubeObject =>
      ({
        apiVersion: 'autoscaling/v2',
        kind: 'HorizontalPodAutoscaler',
        metadata: { name: 'web' },
        spec: { behavior: { scaleUp } },
      }) as KubeObject;
    const emptied = applyAll(AUTOSCALER, [
      ['a', autoscaler({ selectPolicy: 'Max' })],
      ['a', autoscaler({})],
    ]);
    expect(emptied).toMatchObject({ spec: { behavior: {} } });
  });

  it('has nothing removed of a list that it says is empty', () => {
    const pod = (spec: object): KubeObject =>
      ({ apiVersion: 'v1', kind: 'Pod', metadata: { name: 'web' }, spec }) as KubeObject;
    const live = applyAll('io.k8s.api.core.v1.Pod', [
      ['a', pod({ volumes: [{ name: 'x', configMap: { items: [] } }] })],
    ]);
    const without = { ...live, spec: {} } as KubeObject;
    const after = applyConfiguration(schema, 'io.k8s.api.core.v1.Pod', without, pod({ volumes: [] }), write('a'), true);
    expect(after).toMatchObject({ spec: { volumes: [] } });
  });

  it('leaves items that share a key as they are, for its fields are of none of them in particular', () => {
    const typeName = 'io.k8s.api.apps.v1.Deployment';
    const deployment = (containers?: readonly object[]): KubeObject =>
      ({
        apiVersion: 'apps/v1',
        kind: 'Deployment',
        metadata: { name: 'web' },
        ...(containers && { spec: { template: { spec: { containers } } } }),
      }) as KubeObject;
    const applied = applyAll(typeName, [['c', deployment([{ name: 'b', resources: { requests: {} } }])]]);
    const edited = { ...deployment([{ name: 'b' }, { name: 'b' }]), metadata: { ...applied.metadata } };
    trackUpdate(schema, typeName, applied, edited, write('a', 'apps/v1'));
    const after = applyConfiguration(schema, typeName, edited, deployment(), write('c', 'apps/v1'), true);
    expect(after).toMatchObject({ spec: { template: { spec: { containers: [{ name: 'b' }, { name: 'b' }] } } } });
    expect(after.metadata?.managedFields?.map(({ manager }) => manager)).toEqual(['a']);
  });
});
