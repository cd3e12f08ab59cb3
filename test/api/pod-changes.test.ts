// What may change of a pod once it is there: through itself next to nothing, through its subresources the one thing that each
// is for; and what config maps and secrets keep to.
import { describe, expect, test } from 'vitest';
import {
  type ConfigMap,
  cloneJson,
  type KubeObject,
  type PartStrategy,
  type Pod,
  preparePartUpdate,
  type Secret,
  validatePartUpdate,
} from '../../src/api/index.ts';
import { defined } from '../../src/lib/index.ts';
import { created, failure, failureOf, PODS, pod, resource, schema, updated } from './support.ts';

const withMain = (more: object): object => pod({ containers: [{ name: 'main', image: 'busybox', ...more }] });

describe('changing a pod', () => {
  const gated = (): Pod =>
    created<Pod>(PODS, pod({ schedulingGates: [{ name: 'a' }, { name: 'b' }], nodeSelector: { zone: 'z' } }));
  const set =
    (more: object) =>
    ({ spec }: Pod) =>
      Object.assign(spec ?? {}, more);

  test.each<[string, Pod, (pod: Pod) => void]>([
    ['the first deadline', created<Pod>(PODS, pod()), set({ activeDeadlineSeconds: 9 })],
    ['an earlier deadline', created<Pod>(PODS, pod({ activeDeadlineSeconds: 9 })), set({ activeDeadlineSeconds: 8 })],
    [
      'one second of grace after less than none',
      created<Pod>(PODS, pod({ terminationGracePeriodSeconds: -5 })),
      set({ terminationGracePeriodSeconds: 1 }),
    ],
    ['a gate that opens', gated(), set({ schedulingGates: [{ name: 'b' }] })],
    ['a narrower choice of nodes at a gate', gated(), set({ nodeSelector: { zone: 'z', disk: 'ssd' } })],
    [
      'an affinity at a gate',
      gated(),
      set({
        affinity: {
          nodeAffinity: {
            requiredDuringSchedulingIgnoredDuringExecution: {
              nodeSelectorTerms: [{ matchExpressions: [{ key: 'a', operator: 'Exists' }] }],
            },
          },
        },
      }),
    ],
  ])('takes %s', (_, old, change) => {
    expect(updated(PODS, old, change).metadata?.generation).toBe(2);
  });

  test.each<[string, Pod, (pod: Pod) => void, string]>([
    [
      'a later deadline',
      created<Pod>(PODS, pod({ activeDeadlineSeconds: 9 })),
      set({ activeDeadlineSeconds: 10 }),
      'must be less than or equal to previous value',
    ],
    [
      'other grace',
      created<Pod>(PODS, pod()),
      set({ terminationGracePeriodSeconds: 1 }),
      'changed: spec.terminationGracePeriodSeconds',
    ],
    [
      'a new gate',
      gated(),
      set({ schedulingGates: [{ name: 'a' }, { name: 'c' }] }),
      "spec.schedulingGates[1].name: Forbidden: only deletion is allowed, but found new scheduling gate 'c'",
    ],
    [
      'another choice of nodes at a gate',
      gated(),
      set({ nodeSelector: { zone: 'y' } }),
      'spec.nodeSelector: Invalid value: {"zone":"y"}: only additions to spec.nodeSelector are allowed (no mutations or deletions)',
    ],
    [
      'a choice of nodes without a gate',
      created<Pod>(PODS, pod()),
      set({ nodeSelector: { zone: 'z' } }),
      'changed: spec.nodeSelector',
    ],
    [
      'a toleration that is gone',
      created<Pod>(PODS, pod({ tolerations: [{ key: 'a', operator: 'Exists' }] })),
      set({ tolerations: [] }),
      'existing toleration can not be modified except its tolerationSeconds',
    ],
    [
      'a container to look into it',
      created<Pod>(PODS, pod()),
      set({ ephemeralContainers: [{ name: 'e', image: 'b' }] }),
      'changed: spec.ephemeralContainers',
    ],
  ])('refuses %s', (_, old, change, message) => {
    expect(failure(() => updated(PODS, old, change))).toContain(message);
  });
});

describe('a subresource that changes a part', () => {
  const part = (name: string): PartStrategy => defined(PODS.strategy.parts?.[name], name);
  const changed = (name: string, old: Pod, change: (pod: Pod) => void): Pod => {
    const object: KubeObject = cloneJson(old);
    change(object as Pod);
    preparePartUpdate(schema, PODS, part(name), object, old);
    validatePartUpdate(schema, PODS, part(name), object, old);
    return object as Pod;
  };
  const look = { name: 'look', image: 'busybox', targetContainerName: 'main' };
  const running = (): Pod =>
    created<Pod>(
      PODS,
      withMain({ resources: { requests: { cpu: '1', memory: '1Gi' }, limits: { cpu: '2', memory: '1Gi' } } }),
    );
  const limits =
    (more: object) =>
    ({ spec }: Pod) =>
      Object.assign(spec?.containers[0]?.resources?.limits ?? {}, more);

  test('adds ephemeral containers with their defaults, and changes nothing else', () => {
    const old = running();
    const next = changed('ephemeralcontainers', old, (object) => {
      Object.assign(object.spec ?? {}, { ephemeralContainers: [look], hostname: 'other' });
      object.metadata = { ...object.metadata, labels: { a: 'b' } };
    });
    expect(next.spec?.ephemeralContainers?.[0]).toMatchObject({
      ...look,
      imagePullPolicy: 'Always',
      terminationMessagePolicy: 'File',
    });
    expect(next.metadata).toEqual({ ...old.metadata, generation: 2 });
    expect({ ...next.spec, ephemeralContainers: undefined }).toEqual({ ...old.spec, ephemeralContainers: undefined });
  });

  test.each<[string, object, string]>([
    ['one that is gone', { ephemeralContainers: [] }, 'existing ephemeral containers "old" may not be removed'],
    [
      'one with another image',
      { ephemeralContainers: [{ name: 'old', image: 'x' }] },
      'existing ephemeral containers "old" may not be changed',
    ],
    [
      'one with ports',
      { ephemeralContainers: [{ ...look, ports: [{ containerPort: 80 }] }] },
      'spec.ephemeralContainers[0].ports: Forbidden: cannot be set for an Ephemeral Container',
    ],
    [
      'one for a container that is not there',
      { ephemeralContainers: [{ ...look, targetContainerName: 'x' }] },
      'targetContainerName: Not found: "x"',
    ],
    [
      'the name of another',
      { ephemeralContainers: [{ ...look, name: 'main' }] },
      'spec.ephemeralContainers[0].name: Duplicate value: "main"',
    ],
  ])('refuses of ephemeral containers %s', (_, more, message) => {
    const old = changed('ephemeralcontainers', running(), ({ spec }) =>
      Object.assign(spec ?? {}, { ephemeralContainers: [{ name: 'old', image: 'b' }] }),
    );
    expect(failure(() => changed('ephemeralcontainers', old, ({ spec }) => Object.assign(spec ?? {}, more)))).toContain(
      message,
    );
  });

  test('resizes what a container may use, up and down, and nothing else', () => {
    const next = changed('resize', running(), (object) => {
      limits({ cpu: '3', memory: '2Gi' })(object);
      Object.assign(object.spec?.containers[0] ?? {}, { command: ['x'] });
    });
    expect(next.spec?.containers[0]).toMatchObject({ resources: { limits: { cpu: '3', memory: '2Gi' } } });
    expect(next.spec?.containers[0]).not.toHaveProperty('command');
    expect(next.metadata?.generation).toBe(2);
  });

  test.each<[string, (pod: Pod) => void, string]>([
    [
      'a request that is gone',
      ({ spec }) => {
        const { limits, requests } = spec?.containers[0]?.resources ?? {};
        delete limits?.['memory'];
        delete requests?.['memory'];
      },
      'spec.containers[0].resources.requests: Forbidden: resource requests cannot be removed',
    ],
    [
      'another resource',
      limits({ 'ephemeral-storage': '1Gi' }),
      'spec: Forbidden: only cpu and memory resources are mutable',
    ],
    [
      'a quality that changes',
      limits({ cpu: '1', memory: '1Gi' }),
      'Pod QOS Class may not change as a result of resizing',
    ],
    [
      'a container more',
      ({ spec }) => void spec?.containers.push({ name: 'b', image: 'b' }),
      'spec.containers: Forbidden: containers may not be added or removed on resize',
    ],
    [
      'another name',
      ({ spec }) => Object.assign(spec?.containers[0] ?? {}, { name: 'b' }),
      'spec: Forbidden: containers may not be renamed or reordered on resize',
    ],
  ])('refuses of a resize %s', (_, change, message) => {
    expect(failure(() => changed('resize', running(), change))).toContain(message);
  });
});

describe('config maps and secrets', () => {
  const CONFIG_MAPS = resource('', 'configmaps');
  const SECRETS = resource('', 'secrets');
  const config = created<ConfigMap>(CONFIG_MAPS, { metadata: { name: 'c' }, immutable: true, data: { a: '1' } });
  const secret = created<Secret>(SECRETS, { metadata: { name: 's' }, immutable: true, data: { a: 'MQ==' } });

  test.each([
    ['config map', CONFIG_MAPS, 'data'],
    ['secret', SECRETS, 'data'],
    ['config map of bytes', CONFIG_MAPS, 'binaryData'],
  ])('a %s with an empty key is refused', (_, definition, field) => {
    const error = failureOf(() => created(definition, { metadata: { name: 'x' }, [field]: { '': 'YQ==' } }));
    expect(error.status.details?.causes?.[0]).toMatchObject({ reason: 'FieldValueInvalid', field: `${field}[]` });
    expect(error.message).toContain("a valid config key must consist of alphanumeric characters, '-', '_' or '.'");
  });

  test.each([
    ['config map', CONFIG_MAPS, config],
    ['secret', SECRETS, secret],
  ])('an immutable %s takes labels, and refuses other data and to become mutable', (_, definition, old) => {
    const message = 'Forbidden: field is immutable when `immutable` is set';
    expect(
      failure(() => updated(definition, old, (object) => Object.assign(object, { data: { a: 'Mg==' } }))),
    ).toContain(`data: ${message}`);
    expect(failure(() => updated(definition, old, (object) => Object.assign(object, { immutable: false })))).toContain(
      `immutable: ${message}`,
    );
    expect(failure(() => updated(definition, old, (object) => Object.assign(object, { immutable: null })))).toContain(
      `immutable: ${message}`,
    );
    const labelled = updated(definition, old, (object) => Object.assign(object.metadata ?? {}, { labels: { a: 'b' } }));
    expect(labelled.metadata?.labels).toEqual({ a: 'b' });
  });
});
