// What objects count for, what they cost the quotas of their namespace, and the words in which too much is refused.
import { describe, expect, test } from 'vitest';
import {
  amountsOf,
  chargeQuotas,
  type Evaluator,
  evaluatorOf,
  type KubeObject,
  type PersistentVolumeClaim,
  type Pod,
  podLimits,
  podRequests,
  type ResourceQuota,
  type Service,
  textsOf,
  toCount,
  usedByNumber,
  usedByObjects,
} from '../../src/api/index.ts';
import { defined } from '../../src/lib/index.ts';

const NOW_MS = Date.UTC(2026, 0, 1);
const evaluator = (plural: string, group = ''): Evaluator => defined(evaluatorOf({ group, plural }), plural);
const PODS = evaluator('pods');
const CLAIMS = evaluator('persistentvolumeclaims');
const SERVICES = evaluator('services');

const container = (requests: Record<string, string>, limits: Record<string, string> = {}, name = 'c') => ({
  name,
  image: 'i',
  resources: { requests, limits },
});
const pod = (spec: Partial<NonNullable<Pod['spec']>> = {}, rest: Partial<Pod> = {}): Pod => ({
  metadata: { name: 'p' },
  spec: { containers: [container({})], ...spec },
  ...rest,
});
const quota = (
  hard: Record<string, string>,
  used: Record<string, string>,
  spec: ResourceQuota['spec'] = {},
): ResourceQuota => ({
  metadata: { name: 'q' },
  spec: { hard, ...spec },
  status: { hard, used },
});

function charge(quotas: readonly ResourceQuota[], of: Evaluator, object: KubeObject, old?: KubeObject): unknown {
  const verdict = chargeQuotas(quotas, of, { object, old, nowMs: NOW_MS });
  return verdict.kind === 'refused' ? verdict.why : [...verdict.used.values()];
}

describe('a pod', () => {
  test('requests the most that it needs at one time, with its overhead', () => {
    const busy = pod({
      containers: [container({ cpu: '100m', memory: '1Gi' }, { cpu: '1' }), container({ cpu: '200m' }, {}, 'd')],
      initContainers: [
        container({ cpu: '50m' }, {}, 'before'),
        { ...container({ cpu: '100m' }, {}, 'sidecar'), restartPolicy: 'Always' },
        container({ cpu: '1', memory: '512Mi' }, { memory: '1Gi' }, 'after'),
      ],
      overhead: { cpu: '10m', memory: '16Mi' },
    });
    expect(textsOf(podRequests(busy))).toEqual({ cpu: '1110m', memory: '1040Mi' });
    // Overhead makes no limit where there is none.
    expect(textsOf(podLimits(busy))).toEqual({ cpu: '1010m', memory: '1040Mi' });
  });

  test('counts what was given to it until that is taken back', () => {
    const shrinking = pod(
      { containers: [container({ cpu: '100m' })] },
      { status: { containerStatuses: [{ name: 'c', allocatedResources: { cpu: '300m' } }] as never } },
    );
    expect(textsOf(podRequests(shrinking))).toEqual({ cpu: '300m' });
  });

  test('counts under every name that quotas have for it', () => {
    const usage = PODS.usage(
      pod({ containers: [container({ cpu: '1', 'hugepages-2Mi': '4Mi', 'example.com/gpu': '2' }, { memory: '1Gi' })] }),
      NOW_MS,
    );
    expect(textsOf(usage)).toEqual({
      'count/pods': '1',
      pods: '1',
      cpu: '1',
      'requests.cpu': '1',
      'hugepages-2Mi': '4Mi',
      'requests.hugepages-2Mi': '4Mi',
      'requests.example.com/gpu': '2',
      'limits.memory': '1Gi',
    });
  });

  test.each([
    ['has failed', { status: { phase: 'Failed' } }],
    ['has succeeded', { status: { phase: 'Succeeded' } }],
    ['should have gone', { metadata: { deletionTimestamp: '2025-12-31T23:59:00Z', deletionGracePeriodSeconds: 30 } }],
  ])('that %s counts as a stored object only', (_, rest) => {
    expect(textsOf(PODS.usage(pod({}, rest), NOW_MS))).toEqual({ 'count/pods': '1' });
  });

  test('that is on its way out still counts', () => {
    const going = pod({}, { metadata: { deletionTimestamp: '2025-12-31T23:59:50Z', deletionGracePeriodSeconds: 30 } });
    expect(textsOf(PODS.usage(going, NOW_MS))).toMatchObject({ pods: '1' });
  });

  test('must say what a quota of cpu and memory needs to know', () => {
    const quotas = [
      quota({ 'requests.cpu': '1', 'limits.memory': '1Gi' }, { 'requests.cpu': '0', 'limits.memory': '0' }),
    ];
    const silent = pod({ containers: [container({}, {}, 'b'), container({ cpu: '1' }, {}, 'a')] });
    expect(charge(quotas, PODS, silent)).toBe(
      'failed quota: q: must specify limits.memory for: a,b; requests.cpu for: b',
    );
    const whole = pod({ resources: { requests: { cpu: '1' }, limits: { memory: '1Gi' } } });
    expect(charge(quotas, PODS, whole)).toEqual([{ 'requests.cpu': '1', 'limits.memory': '1Gi' }]);
  });
});

describe('charging', () => {
  test('adds what the object uses and the quota limits', () => {
    const quotas = [quota({ pods: '2', 'requests.memory': '1Gi' }, { pods: '1', 'requests.memory': '512Mi' })];
    const object = pod({ containers: [container({ cpu: '1', memory: '512Mi' })] });
    expect(charge(quotas, PODS, object)).toEqual([{ pods: '2', 'requests.memory': '1Gi' }]);
  });

  test('refuses what exceeds a limit, and names it with what is used', () => {
    const used = { pods: '2', 'requests.cpu': '900m', 'requests.memory': '0' };
    const quotas = [quota({ pods: '2', 'requests.cpu': '1', 'requests.memory': '1Gi' }, used)];
    const object = pod({ containers: [container({ cpu: '200m', memory: '1Gi' })] });
    expect(charge(quotas, PODS, object)).toBe(
      'exceeded quota: q, requested: pods=1,requests.cpu=200m, used: pods=2,requests.cpu=900m, limited: pods=2,requests.cpu=1',
    );
  });

  test('a quota that was not observed yet enforces nothing, one of which the usage is unknown everything', () => {
    expect(charge([{ metadata: { name: 'q' }, spec: { hard: { pods: '0' } } }], PODS, pod())).toEqual([]);
    expect(charge([quota({ pods: '1' }, {})], PODS, pod())).toBe('status unknown for quota: q, resources: pods');
  });

  test('one quota that has no room is enough', () => {
    const quotas = [quota({ pods: '5' }, { pods: '1' }), quota({ pods: '1' }, { pods: '1' })];
    expect(charge(quotas, PODS, pod())).toBe('exceeded quota: q, requested: pods=1, used: pods=1, limited: pods=1');
  });

  test('an update costs what it adds, and a smaller one nothing', () => {
    const quotas = [quota({ 'requests.cpu': '1' }, { 'requests.cpu': '600m' })];
    const of = (cpu: string): Pod => pod({ containers: [container({ cpu })] });
    expect(charge(quotas, PODS, of('500m'), of('300m'))).toEqual([{ 'requests.cpu': '800m' }]);
    expect(charge(quotas, PODS, of('100m'), of('300m'))).toEqual([]);
    expect(charge(quotas, PODS, of('900m'), of('300m'))).toContain('requested: requests.cpu=600m');
  });

  test('what is over its limit already may shrink and stay', () => {
    const over = quota({ 'services.nodeports': '1' }, { 'services.nodeports': '3' });
    const service = (ports: number): Service => ({
      spec: { type: 'NodePort', ports: Array.from({ length: ports }, (_, at) => ({ port: at + 1 })) },
    });
    expect(charge([over], SERVICES, service(2), service(3))).toEqual([]);
  });
});

describe('services and claims', () => {
  const ports = [{ port: 1, nodePort: 30_001 }, { port: 2 }];
  test.each([
    ['ClusterIP', {}, { services: '1', 'services.nodeports': '0', 'services.loadbalancers': '0' }],
    ['NodePort', {}, { services: '1', 'services.nodeports': '2', 'services.loadbalancers': '0' }],
    ['LoadBalancer', {}, { services: '1', 'services.nodeports': '2', 'services.loadbalancers': '1' }],
    ['LoadBalancer', { allocateLoadBalancerNodePorts: false }, { 'services.nodeports': '1' }],
  ])('a service of type %s %j counts %j', (type, more, expected) => {
    expect(textsOf(SERVICES.usage({ spec: { type, ports, ...more } } as KubeObject, NOW_MS))).toMatchObject(expected);
  });

  test('a claim counts by itself and for its class', () => {
    const claim: PersistentVolumeClaim = {
      spec: { storageClassName: 'gold', resources: { requests: { storage: '1Gi' } } },
      status: { allocatedResources: { storage: '2Gi' } },
    };
    expect(textsOf(CLAIMS.usage(claim, NOW_MS))).toEqual({
      'count/persistentvolumeclaims': '1',
      persistentvolumeclaims: '1',
      'requests.storage': '2Gi',
      'gold.storageclass.storage.k8s.io/persistentvolumeclaims': '1',
      'gold.storageclass.storage.k8s.io/requests.storage': '2Gi',
    });
  });

  test('other objects count by number, the oldest under two names, events not at all', () => {
    expect(textsOf(evaluator('secrets').usage({}, NOW_MS))).toEqual({ secrets: '1', 'count/secrets': '1' });
    expect(textsOf(evaluator('jobs', 'batch').usage({}, NOW_MS))).toEqual({ 'count/jobs.batch': '1' });
    expect(evaluatorOf({ group: '', plural: 'events' })).toBeUndefined();
  });
});

describe('scopes', () => {
  const bounded = pod({ activeDeadlineSeconds: 60 });
  const urgent = pod({ priorityClassName: 'urgent' });
  const burstable = pod({ containers: [container({ cpu: '1' })] });
  const term = { topologyKey: 'zone', namespaces: ['other'] };
  const abroad = pod({ affinity: { podAffinity: { requiredDuringSchedulingIgnoredDuringExecution: [term] } } });
  const select = (operator: string, values?: string[]) => ({
    scopeSelector: {
      matchExpressions: [{ scopeName: 'PriorityClass', operator, ...(values === undefined ? {} : { values }) }],
    },
  });
  test.each([
    ['Terminating', { scopes: ['Terminating'] }, bounded, burstable],
    ['NotTerminating', { scopes: ['NotTerminating'] }, burstable, bounded],
    ['BestEffort', { scopes: ['BestEffort'] }, bounded, burstable],
    ['NotBestEffort', { scopes: ['NotBestEffort'] }, burstable, bounded],
    ['PriorityClass', { scopes: ['PriorityClass'] }, urgent, bounded],
    ['CrossNamespacePodAffinity', { scopes: ['CrossNamespacePodAffinity'] }, abroad, bounded],
    ['a selector In', select('In', ['urgent']), urgent, bounded],
    ['a selector NotIn', select('NotIn', ['urgent']), bounded, urgent],
    ['a selector Exists', select('Exists'), urgent, bounded],
    ['a selector DoesNotExist', select('DoesNotExist'), bounded, urgent],
  ])('%s counts the pods that are in it alone', (_, spec, within, without) => {
    const scoped = quota({ pods: '1' }, { pods: '1' }, spec);
    expect(charge([scoped], PODS, within)).toContain('exceeded quota');
    expect(charge([scoped], PODS, without)).toEqual([]);
  });

  test('an object must be in all scopes of a quota', () => {
    const scoped = quota({ pods: '0' }, { pods: '0' }, { scopes: ['Terminating', 'NotBestEffort'] });
    expect(charge([scoped], PODS, bounded)).toEqual([]);
    expect(charge([scoped], PODS, pod({ activeDeadlineSeconds: 1, containers: [container({ cpu: '1' })] }))).toContain(
      'exceeded',
    );
  });

  test('a claim is in the scope of the class that it is to have, too', () => {
    const selector = { matchExpressions: [{ scopeName: 'VolumeAttributesClass', operator: 'In', values: ['fast'] }] };
    const scoped = quota({ persistentvolumeclaims: '0' }, { persistentvolumeclaims: '0' }, { scopeSelector: selector });
    const status = { modifyVolumeStatus: { status: 'Pending', targetVolumeAttributesClassName: 'fast' } };
    expect(charge([scoped], CLAIMS, { spec: {}, status } as KubeObject)).toContain('exceeded');
    expect(charge([scoped], CLAIMS, { spec: { volumeAttributesClassName: 'slow' } } as KubeObject)).toEqual([]);
  });

  test('no object but pods and claims is in a scope', () => {
    expect(
      charge([quota({ secrets: '0' }, { secrets: '0' }, { scopes: ['BestEffort'] })], evaluator('secrets'), {}),
    ).toEqual([]);
  });
});

describe('counting', () => {
  const hard = {
    pods: '9',
    'requests.cpu': '9',
    'count/jobs.batch': '9',
    configmaps: '9',
    'count/configmaps': '9',
    'gold.storageclass.storage.k8s.io/requests.storage': '9',
    'requests.example.com/gpu': '9',
    'example.com/unknown': '9',
  };
  test('looks at each resource once, and reads objects where their content matters', () => {
    expect(toCount(quota(hard, {})).map(({ resource, names, needs }) => [resource.plural, needs, ...names])).toEqual([
      ['configmaps', 'number', 'configmaps', 'count/configmaps'],
      ['jobs', 'number', 'count/jobs.batch'],
      ['persistentvolumeclaims', 'objects', 'gold.storageclass.storage.k8s.io/requests.storage'],
      ['pods', 'objects', 'pods', 'requests.cpu', 'requests.example.com/gpu'],
    ]);
    expect(toCount(quota({ configmaps: '1' }, {}, { scopes: ['BestEffort'] }))[0]?.needs).toBe('nothing');
  });

  test('finds what charging has charged', () => {
    let counted = quota({ pods: '100', 'requests.cpu': '100' }, { pods: '0', 'requests.cpu': '0' });
    const pods = Array.from({ length: 20 }, (_, at) => pod({ containers: [container({ cpu: `${at + 1}m` })] }));
    for (const each of pods) {
      const verdict = chargeQuotas([counted], PODS, { object: each, old: undefined, nowMs: NOW_MS });
      if (verdict.kind === 'refused') throw new Error(verdict.why);
      counted = { ...counted, status: { ...counted.status, used: defined(verdict.used.get(counted), 'a charge') } };
    }
    const [all] = toCount(counted);
    expect(counted.status?.used).toEqual({ pods: '20', 'requests.cpu': '210m' });
    expect(textsOf(usedByObjects(counted, defined(all, 'pods'), pods, NOW_MS))).toEqual(counted.status?.used);
  });

  test('nothing is zero of everything that is limited', () => {
    const [pods] = toCount(quota({ pods: '1', 'requests.cpu': '1' }, {}));
    expect(textsOf(usedByObjects(quota({}, {}), defined(pods, 'pods'), [], NOW_MS))).toEqual({
      pods: '0',
      'requests.cpu': '0',
    });
    const [maps] = toCount(quota({ configmaps: '1' }, {}));
    expect(usedByNumber(defined(maps, 'config maps'), 3)).toEqual(amountsOf({ configmaps: '3' }));
  });
});
