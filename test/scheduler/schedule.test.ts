// The decision: tables of filters and scores with upstream's messages, and a naive scheduler to agree with.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Pod } from '../../src/api/index.ts';
import { prng } from '../../src/lib/index.ts';
import { feasibleNodesToFind } from '../../src/scheduler/framework/schedule.ts';
import { FitError, type NodeInfo, type PodInfo, podInfo, schedule } from '../../src/scheduler/index.ts';
import { info, type PodSketch, PROFILE, place, pod } from './support.ts';

const decide = (pod: PodInfo, nodes: readonly NodeInfo[], seed = 1): string => {
  const result = schedule(pod, { nodes }, PROFILE, { random: prng(seed) });
  return result instanceof FitError ? result.message : result.node;
};

const required = (key: string, operator: string, values?: string[]): Partial<NonNullable<Pod['spec']>> => ({
  affinity: {
    nodeAffinity: {
      requiredDuringSchedulingIgnoredDuringExecution: {
        nodeSelectorTerms: [{ matchExpressions: [{ key, operator, ...(values === undefined ? {} : { values }) }] }],
      },
    },
  },
});

describe('filters', () => {
  const small = { allocatable: { cpu: '1', memory: '1Gi', pods: '2' } };
  const taint = { taints: [{ key: 'dedicated', value: 'db', effect: 'NoSchedule' }] };
  const port = (hostPort: number, hostIP?: string, protocol?: string): PodSketch => ({
    spec: {
      containers: [
        {
          name: 'c',
          ports: [{ containerPort: 80, hostPort, ...(hostIP ? { hostIP } : {}), ...(protocol ? { protocol } : {}) }],
        },
      ],
    },
  });
  const toleration = (one: object): PodSketch => ({ spec: { tolerations: [one] } });
  const untolerated = '0/1 nodes are available: 1 node(s) had untolerated taint {dedicated: db}.';
  const unmatched = "0/1 nodes are available: 1 node(s) didn't match Pod's node affinity/selector.";
  const noPorts = "0/1 nodes are available: 1 node(s) didn't have free ports for the requested pod ports.";

  it.each<[string, PodSketch, NodeInfo, string]>([
    ['a pod that fits', { requests: { cpu: '1', memory: '1Gi' } }, place('n', small), 'n'],
    ['too much CPU', { requests: { cpu: '1001m' } }, place('n', small), '0/1 nodes are available: 1 Insufficient cpu.'],
    [
      'several shortages',
      { requests: { cpu: '2', memory: '2Gi', 'example.com/gpu': '1' } },
      place('n', small),
      '0/1 nodes are available: 1 Insufficient cpu, 1 Insufficient example.com/gpu, 1 Insufficient memory.',
    ],
    [
      'what others requested counts',
      { requests: { cpu: '600m' } },
      place('n', small, [info('a', { requests: { cpu: '500m' } })]),
      '0/1 nodes are available: 1 Insufficient cpu.',
    ],
    ['too many pods', {}, place('n', small, [info('a'), info('b')]), '0/1 nodes are available: 1 Too many pods.'],
    [
      'an init container needs more than the containers together',
      { spec: { initContainers: [{ name: 'i', resources: { requests: { cpu: '2' } } }] } },
      place('n', small),
      '0/1 nodes are available: 1 Insufficient cpu.',
    ],
    [
      'init containers one after the other, the largest counts',
      {
        requests: { cpu: '1' },
        spec: { initContainers: ['i', 'j'].map((name) => ({ name, resources: { requests: { cpu: '1' } } })) },
      },
      place('n', small),
      'n',
    ],
    [
      'a sidecar counts beside the containers',
      {
        spec: {
          containers: [{ name: 'c', resources: { requests: { cpu: '600m' } } }],
          initContainers: [{ name: 's', restartPolicy: 'Always', resources: { requests: { cpu: '500m' } } }],
        },
      },
      place('n', small),
      '0/1 nodes are available: 1 Insufficient cpu.',
    ],
    [
      'overhead',
      { requests: { cpu: '1' }, spec: { overhead: { cpu: '1m' } } },
      place('n', small),
      '0/1 nodes are available: 1 Insufficient cpu.',
    ],
    [
      'a cordoned node',
      {},
      place('n', { spec: { unschedulable: true } }),
      '0/1 nodes are available: 1 node(s) were unschedulable.',
    ],
    [
      'a cordoned node that is tolerated',
      toleration({ key: 'node.kubernetes.io/unschedulable', operator: 'Exists' }),
      place('n', { spec: { unschedulable: true } }),
      'n',
    ],
    ['a taint', {}, place('n', { spec: taint }), untolerated],
    ['a tolerated taint', toleration({ key: 'dedicated', value: 'db' }), place('n', { spec: taint }), 'n'],
    [
      'a toleration of another value',
      toleration({ key: 'dedicated', value: 'web' }),
      place('n', { spec: taint }),
      untolerated,
    ],
    [
      'a toleration of another effect',
      toleration({ key: 'dedicated', operator: 'Exists', effect: 'NoExecute' }),
      place('n', { spec: taint }),
      untolerated,
    ],
    ['a toleration of everything', toleration({ operator: 'Exists' }), place('n', { spec: taint }), 'n'],
    [
      'a soft taint keeps nobody away',
      {},
      place('n', { spec: { taints: [{ key: 'a', effect: 'PreferNoSchedule' }] } }),
      'n',
    ],
    [
      'a node selector that matches',
      { spec: { nodeSelector: { disk: 'ssd' } } },
      place('n', { labels: { disk: 'ssd' } }),
      'n',
    ],
    [
      'a node selector that does not',
      { spec: { nodeSelector: { disk: 'ssd' } } },
      place('n', { labels: { disk: 'hdd' } }),
      unmatched,
    ],
    ['affinity In', { spec: required('zone', 'In', ['a', 'b']) }, place('n', { labels: { zone: 'b' } }), 'n'],
    ['affinity NotIn', { spec: required('zone', 'NotIn', ['a']) }, place('n', { labels: { zone: 'a' } }), unmatched],
    ['affinity Exists', { spec: required('zone', 'Exists') }, place('n'), unmatched],
    ['affinity DoesNotExist', { spec: required('zone', 'DoesNotExist') }, place('n'), 'n'],
    ['affinity Gt', { spec: required('cores', 'Gt', ['8']) }, place('n', { labels: { cores: '16' } }), 'n'],
    ['affinity Lt', { spec: required('cores', 'Lt', ['8']) }, place('n', { labels: { cores: '16' } }), unmatched],
    [
      'affinity to a node by its name',
      {
        spec: {
          affinity: {
            nodeAffinity: {
              requiredDuringSchedulingIgnoredDuringExecution: {
                nodeSelectorTerms: [{ matchFields: [{ key: 'metadata.name', operator: 'In', values: ['n'] }] }],
              },
            },
          },
        },
      },
      place('n'),
      'n',
    ],
    [
      'a term that says nothing matches nothing',
      {
        spec: {
          affinity: { nodeAffinity: { requiredDuringSchedulingIgnoredDuringExecution: { nodeSelectorTerms: [{}] } } },
        },
      },
      place('n'),
      unmatched,
    ],
    ['a free host port', port(80), place('n', {}, [info('a', port(81))]), 'n'],
    ['a taken host port', port(80), place('n', {}, [info('a', port(80))]), noPorts],
    ['a host port of another protocol', port(80, undefined, 'UDP'), place('n', {}, [info('a', port(80))]), 'n'],
    ['a host port on another address', port(80, '10.0.0.1'), place('n', {}, [info('a', port(80, '10.0.0.2'))]), 'n'],
    ['a host port on every address', port(80), place('n', {}, [info('a', port(80, '10.0.0.2'))]), noPorts],
  ])('%s', (_what, sketch, at, expected) => {
    expect(decide(info('new', sketch), [at])).toBe(expected);
  });

  it('counts the nodes by reason, as upstream words it', () => {
    const nodes = [
      place('a', { spec: { unschedulable: true } }),
      place('b', { allocatable: { cpu: '1', memory: '1Gi', pods: '110' } }),
      place('c', { allocatable: { cpu: '2', memory: '1Gi', pods: '110' } }),
    ];
    expect(decide(info('new', { requests: { cpu: '3' } }), nodes)).toBe(
      '0/3 nodes are available: 1 node(s) were unschedulable, 2 Insufficient cpu.',
    );
    expect(decide(info('new'), [])).toBe('no nodes available to schedule pods');
  });

  it('names the plugins whose events may help', () => {
    const result = schedule(info('p', { requests: { cpu: '9' } }), { nodes: [place('n')] }, PROFILE, {
      random: prng(1),
    });
    expect(result instanceof FitError && [...result.rejectedBy]).toEqual(['NodeResourcesFit']);
  });
});

describe('topology spread constraints', () => {
  const zone = (name: string) => ({ labels: { zone: name } });
  const spread = (extra: object = {}): PodSketch => ({
    labels: { app: 'web' },
    spec: {
      topologySpreadConstraints: [
        {
          maxSkew: 1,
          topologyKey: 'zone',
          whenUnsatisfiable: 'DoNotSchedule',
          labelSelector: { matchLabels: { app: 'web' } },
          ...extra,
        },
      ],
    },
  });
  const web = (name: string) => info(name, { labels: { app: 'web' } });
  const big = { allocatable: { cpu: '64', memory: '256Gi', pods: '110' } };

  it('keep a pod from a domain that would be ahead by more than the skew', () => {
    const nodes = [place('a', { ...zone('a'), ...big }, [web('1')]), place('b', zone('b'))];
    expect(decide(info('new', spread()), nodes)).toBe('b');
    expect(decide(info('new', spread({ maxSkew: 2 })), nodes)).toBe('a');
  });

  it('count no pods of others, of other namespaces, or on their way out', () => {
    const foreign = pod('f', { labels: { app: 'web' } });
    const others = [
      info('db', { labels: { app: 'db' } }),
      podInfo({ ...foreign, metadata: { ...foreign.metadata, namespace: 'other' } }),
      podInfo({ ...foreign, metadata: { ...foreign.metadata, deletionTimestamp: '2026-01-01T00:00:00Z' } }),
    ];
    expect(decide(info('new', spread()), [place('a', { ...zone('a'), ...big }, others), place('b', zone('b'))])).toBe(
      'a',
    );
  });

  it('say which nodes are in no domain, and which domain is full', () => {
    const closed = { ...zone('b'), spec: { unschedulable: true } };
    expect(decide(info('new', spread()), [place('a', zone('a'), [web('1')]), place('b', closed), place('c')])).toBe(
      "0/3 nodes are available: 1 node(s) didn't match pod topology spread constraints, " +
        "1 node(s) didn't match pod topology spread constraints (missing required label), 1 node(s) were unschedulable.",
    );
  });

  it('wait for the domains they ask for, and leave out nodes that the pod cannot go to', () => {
    const nodes = [place('a', zone('a'), [web('1')]), place('b', zone('b'), [web('2')])];
    expect(decide(info('new', spread({ minDomains: 3 })), nodes)).toContain('2 node(s) didn');
    const bound = { ...spread().spec, nodeSelector: { zone: 'a' } };
    const only = [place('a', zone('a'), [web('1')]), place('b', zone('b'))];
    expect(decide(info('new', { labels: { app: 'web' }, spec: bound }), only)).toBe('a');
  });

  it('prefer the emptier domain where they only wish', () => {
    const nodes = [place('a', { ...zone('a'), ...big }, [web('1')]), place('b', zone('b'))];
    expect(decide(info('new', spread({ whenUnsatisfiable: 'ScheduleAnyway' })), nodes)).toBe('b');
  });
});

describe('scores', () => {
  it('prefers the emptier node', () => {
    const full = place('full', {}, [info('a', { requests: { cpu: '3', memory: '6Gi' } })]);
    expect(decide(info('new'), [full, place('empty')])).toBe('empty');
  });

  it('prefers nodes without soft taints, and those that the pod likes', () => {
    const soft = place('soft', { spec: { taints: [{ key: 'a', effect: 'PreferNoSchedule' }] } });
    expect(decide(info('new'), [soft, place('clean')])).toBe('clean');
    const preference = { matchExpressions: [{ key: 'disk', operator: 'In', values: ['ssd'] }] };
    const preferred = { preferredDuringSchedulingIgnoredDuringExecution: [{ weight: 10, preference }] };
    const liking = info('new', { spec: { affinity: { nodeAffinity: preferred } } });
    expect(decide(liking, [place('a'), place('b', { labels: { disk: 'ssd' } }), place('c')])).toBe('b');
  });

  it('keeps replicas apart even where another node is a little emptier', () => {
    const sibling = info('web-1', { owner: 'rs' });
    const others = [info('x'), info('y')];
    const nodes = [place('a', {}, [sibling]), place('b', {}, others)];
    expect(decide(info('web-2', { owner: 'rs' }), nodes)).toBe('b');
  });

  it('keeps replicas apart by zones first', () => {
    const zone = (name: string) => ({ labels: { 'topology.kubernetes.io/zone': name } });
    const nodes = [
      place('a1', zone('a'), [info('w', { owner: 'rs' })]),
      place('a2', zone('a')),
      place('b1', zone('b')),
    ];
    expect(decide(info('new', { owner: 'rs' }), nodes)).toBe('b1');
  });

  it('spreads three replicas over two nodes', () => {
    for (let seed = 0; seed < 20; seed++) {
      const pods: Record<string, PodInfo[]> = { a: [], b: [] };
      for (const name of ['1', '2', '3']) {
        const one = info(name, { owner: 'rs' });
        const nodes = [place('a', {}, pods['a']), place('b', {}, pods['b'])];
        pods[decide(one, nodes, seed)]?.push(one);
      }
      expect([pods['a']?.length, pods['b']?.length].sort()).toEqual([1, 2]);
    }
  });

  it('breaks ties by chance, and the same way for the same seed', () => {
    const nodes = [place('a'), place('b'), place('c')];
    const chosen = Array.from({ length: 50 }, (_, seed) => decide(info('p'), nodes, seed));
    expect(new Set(chosen)).toEqual(new Set(['a', 'b', 'c']));
    expect(chosen).toEqual(Array.from({ length: 50 }, (_, seed) => decide(info('p'), nodes, seed)));
  });
});

describe('the search', () => {
  it.each([
    [1, 1],
    [100, 100],
    [150, 100],
    [1_000, 420],
    [5_000, 500],
    [6_000, 300],
  ])('of %i nodes ends with %i feasible ones', (nodes, found) => {
    expect(feasibleNodesToFind(nodes)).toBe(found);
  });

  it('agrees with a naive scheduler about which nodes can take a pod', () => {
    const amount = fc.integer({ min: 0, max: 4_000 });
    const nodes = fc.array(
      fc.record({
        cpu: amount,
        memory: amount,
        cordoned: fc.boolean(),
        tainted: fc.boolean(),
        used: fc.array(amount, { maxLength: 4 }),
      }),
      { minLength: 1, maxLength: 12 },
    );
    const wanted = fc.record({ cpu: amount, memory: amount, tolerates: fc.boolean() });
    fc.assert(
      fc.property(nodes, wanted, fc.nat(), (sketches, { cpu, memory, tolerates }, seed) => {
        const fits = sketches.map((one) => {
          const used = one.used.reduce((sum, each) => sum + each, 0);
          return (
            !one.cordoned && (!one.tainted || tolerates) && (cpu === 0 || cpu + used <= one.cpu) && memory <= one.memory
          );
        });
        const infos = sketches.map((one, i) =>
          place(
            `n${i}`,
            {
              allocatable: { cpu: `${one.cpu}m`, memory: `${one.memory}`, pods: '10' },
              spec: {
                unschedulable: one.cordoned,
                taints: one.tainted ? [{ key: 'k', effect: 'NoExecute' }] : [],
              },
            },
            one.used.map((each, n) => info(`u${i}-${n}`, { requests: { cpu: `${each}m` } })),
          ),
        );
        const tolerations = tolerates ? [{ key: 'k', operator: 'Exists' }] : [];
        const chosen = decide(
          info('p', { requests: { cpu: `${cpu}m`, memory: `${memory}` }, spec: { tolerations } }),
          infos,
          seed,
        );
        if (fits.includes(true)) expect(fits[Number(chosen.slice(1))]).toBe(true);
        else expect(chosen).toMatch(new RegExp(`^0/${sketches.length} nodes are available: `));
      }),
      { numRuns: 500 },
    );
  });
});
