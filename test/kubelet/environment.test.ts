// The environment of containers: order, expansion, references, services.
import { describe, expect, it } from 'vitest';
import type { Container, Pod, Served, Service } from '../../src/api/index.ts';
import { environmentOf, expand } from '../../src/kubelet/pods/environment.ts';
import type { ReferencedObjects } from '../../src/kubelet/pods/objects.ts';

const pod: Served<Pod> = {
  metadata: {
    name: 'p',
    namespace: 'n',
    uid: 'u',
    resourceVersion: '1',
    creationTimestamp: '',
    labels: { tier: 'front' },
  },
  spec: { nodeName: 'node1', containers: [] },
};
const objects: ReferencedObjects = {
  configMap: async (_namespace, name) => (name === 'cm' ? { data: { A: 'from-map', B: 'second' } } : undefined),
  secret: async (_namespace, name) => (name === 's' ? { kind: 'Secret', data: { PASS: 'c2VjcmV0' } } : undefined),
};
const services: Service[] = [
  {
    metadata: { name: 'my-db' },
    spec: { clusterIP: '10.96.0.9', ports: [{ name: 'sql-port', port: 5432, protocol: 'TCP' }] },
  },
  { metadata: { name: 'headless' }, spec: { clusterIP: 'None', ports: [{ port: 1 }] } },
];

function environment(container: Partial<Container>, enableServiceLinks = true) {
  return environmentOf({
    container: { name: 'c', ...container },
    facts: {
      pod: { ...pod, spec: { ...pod.spec, enableServiceLinks, containers: [{ name: 'c', ...container }] } },
      podIp: '10.0.0.1',
      hostIp: '192.0.2.1',
      allocatable: { cpu: '4', memory: '8Gi' },
    },
    objects,
    services,
    api: { host: '172.17.0.1', port: 6443, caPem: undefined },
  });
}

describe('the environment', () => {
  it('tells of services and where the API is', async () => {
    const env = Object.fromEntries(await environment({}));
    expect(env).toMatchObject({
      KUBERNETES_SERVICE_HOST: '172.17.0.1',
      KUBERNETES_SERVICE_PORT: '6443',
      KUBERNETES_SERVICE_PORT_HTTPS: '6443',
      KUBERNETES_PORT_6443_TCP_ADDR: '172.17.0.1',
      MY_DB_SERVICE_HOST: '10.96.0.9',
      MY_DB_SERVICE_PORT_SQL_PORT: '5432',
      MY_DB_PORT_5432_TCP: 'tcp://10.96.0.9:5432',
    });
    expect(Object.keys(env).some((name) => name.startsWith('HEADLESS'))).toBe(false);
    expect((await environment({}, false)).has('MY_DB_SERVICE_HOST')).toBe(false);
    expect((await environment({}, false)).get('KUBERNETES_SERVICE_HOST')).toBe('172.17.0.1');
  });

  it('takes whole objects with a prefix, lets env win, and expands what came before', async () => {
    const env = await environment({
      envFrom: [{ prefix: 'X_', configMapRef: { name: 'cm' } }, { secretRef: { name: 's' } }],
      env: [
        { name: 'X_A', value: 'mine' },
        { name: 'ALL', value: '$(X_A) $(X_B) $(PASS) $(LATER) $$(X_A) $(MY_DB_SERVICE_HOST)' },
        { name: 'LATER', value: 'too late' },
      ],
    });
    expect(env.get('ALL')).toBe('mine second secret $(LATER) $(X_A) 10.96.0.9');
  });

  it('reads fields, limits and the node where no limit is set', async () => {
    const env = await environment({
      resources: { limits: { cpu: '1500m' }, requests: { memory: '64Mi' } },
      env: [
        { name: 'LABEL', valueFrom: { fieldRef: { fieldPath: "metadata.labels['tier']" } } },
        { name: 'IP', valueFrom: { fieldRef: { fieldPath: 'status.podIP' } } },
        { name: 'CPUS', valueFrom: { resourceFieldRef: { resource: 'limits.cpu' } } },
        { name: 'MILLIS', valueFrom: { resourceFieldRef: { resource: 'limits.cpu', divisor: '1m' } } },
        { name: 'MEBIS', valueFrom: { resourceFieldRef: { resource: 'requests.memory', divisor: '1Mi' } } },
        { name: 'NODE', valueFrom: { resourceFieldRef: { resource: 'limits.memory' } } },
      ],
    });
    expect([...env].filter(([name]) => ['LABEL', 'IP', 'CPUS', 'MILLIS', 'MEBIS', 'NODE'].includes(name))).toEqual([
      ['LABEL', 'front'],
      ['IP', '10.0.0.1'],
      ['CPUS', '2'],
      ['MILLIS', '1500'],
      ['MEBIS', '64'],
      ['NODE', String(8 * 2 ** 30)],
    ]);
  });

  it.each<[string, Partial<Container>, string]>([
    ['a ConfigMap', { envFrom: [{ configMapRef: { name: 'absent' } }] }, 'configmap "absent" not found'],
    [
      'a Secret',
      { env: [{ name: 'A', valueFrom: { secretKeyRef: { name: 'absent', key: 'k' } } }] },
      'secret "absent" not found',
    ],
    [
      'a key',
      { env: [{ name: 'A', valueFrom: { configMapKeyRef: { name: 'cm', key: 'k' } } }] },
      "couldn't find key k in ConfigMap n/cm",
    ],
  ])('refuses to go on without %s that is not optional', async (_what, container, message) => {
    await expect(environment(container)).rejects.toThrow(message);
  });

  it('leaves out what is optional and not there', async () => {
    const env = await environment({
      envFrom: [{ secretRef: { name: 'absent', optional: true } }],
      env: [{ name: 'A', valueFrom: { configMapKeyRef: { name: 'cm', key: 'k', optional: true } } }],
    });
    expect(env.has('A')).toBe(false);
  });

  it('expands by Kubernetes rules', () => {
    const known = (name: string): string | undefined => ({ A: 'x' })[name];
    expect(expand('$(A) $A $$(A) $$$(A) $(B) $() $(A', known)).toBe('x $A $(A) $x $(B) $() $(A');
  });
});
