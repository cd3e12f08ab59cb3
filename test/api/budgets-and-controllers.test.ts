// ReplicationControllers and PodDisruptionBudgets: what is stored, what is refused with which words, what kubectl shows.
import { describe, expect, test } from 'vitest';
import { type KubeObject, type PodDisruptionBudget, type ReplicationController, tableOf } from '../../src/api/index.ts';
import { created, failure, resource, updated } from './support.ts';

const CONTROLLERS = resource('', 'replicationcontrollers');
const BUDGETS = resource('policy', 'poddisruptionbudgets');
const CONTAINERS = [{ name: 'main', image: 'busybox:1.35' }];

function controller(spec: object = {}): object {
  return {
    metadata: { name: 'web' },
    spec: { template: { metadata: { labels: { app: 'web' } }, spec: { containers: CONTAINERS } }, ...spec },
  };
}

function budget(spec: object = {}): object {
  return { metadata: { name: 'web' }, spec: { selector: { matchLabels: { app: 'web' } }, ...spec } };
}

const TABLE = { version: 'v1', nowMs: 0, includeObject: 'None', metadata: { resourceVersion: '9' } } as const;

function cells(definition: typeof BUDGETS, object: object): Record<string, unknown> {
  const { columnDefinitions, rows } = tableOf(definition, [object as KubeObject], TABLE);
  return Object.fromEntries(columnDefinitions.map(({ name }, at) => [name, rows[0]?.cells[at]]));
}

describe('a replication controller', () => {
  test('takes what it leaves out from its template: labels, selector, and one replica', () => {
    const stored = created<ReplicationController>(CONTROLLERS, controller());
    expect(stored.metadata).toMatchObject({ labels: { app: 'web' }, generation: 1 });
    expect(stored.spec).toMatchObject({ replicas: 1, selector: { app: 'web' } });
    expect(stored.status).toEqual({ replicas: 0 });
    const own = created<ReplicationController>(CONTROLLERS, {
      ...controller(),
      metadata: { name: 'x', labels: { a: 'b' } },
    });
    expect(own.metadata?.labels).toEqual({ a: 'b' });
  });

  test('has a generation that rises with its spec alone', () => {
    const stored = created<ReplicationController>(CONTROLLERS, controller());
    const scaled = updated(CONTROLLERS, stored, ({ spec }) => Object.assign(spec ?? {}, { replicas: 3 }));
    expect(scaled.metadata?.generation).toBe(2);
    const annotated = updated(CONTROLLERS, scaled, ({ metadata }) =>
      Object.assign(metadata ?? {}, { annotations: { a: 'b' } }),
    );
    expect(annotated.metadata?.generation).toBe(2);
  });

  test.each<[string, object, string]>([
    [
      'a selector that misses its template',
      { selector: { app: 'other' } },
      'spec.template.metadata.labels: Invalid value: {"app":"web"}: `selector` does not match template `labels`',
    ],
    ['no template', { template: undefined, selector: { app: 'web' } }, 'spec.template: Required value'],
    ['nothing to select by', { template: { spec: { containers: CONTAINERS } } }, 'spec.selector: Required value'],
    [
      'fewer than no replicas',
      { replicas: -1 },
      'spec.replicas: Invalid value: -1: must be greater than or equal to 0',
    ],
    [
      'pods that end',
      { template: { metadata: { labels: { app: 'web' } }, spec: { containers: CONTAINERS, restartPolicy: 'Never' } } },
      'spec.template.spec.restartPolicy: Unsupported value: "Never": supported values: "Always"',
    ],
    [
      'pods with a deadline',
      {
        template: { metadata: { labels: { app: 'web' } }, spec: { containers: CONTAINERS, activeDeadlineSeconds: 5 } },
      },
      'spec.template.spec.activeDeadlineSeconds: Forbidden: activeDeadlineSeconds in ReplicationController is not Supported',
    ],
  ])('is refused with %s', (_, spec, message) => {
    expect(failure(() => created(CONTROLLERS, controller(spec)))).toContain(message);
  });

  test('may change its selector, together with its template', () => {
    const stored = created<ReplicationController>(CONTROLLERS, controller());
    const changed = updated(CONTROLLERS, stored, ({ spec }) => {
      const template = { metadata: { labels: { app: 'b' } }, spec: { containers: CONTAINERS } };
      Object.assign(spec ?? {}, { selector: { app: 'b' }, template });
    });
    expect(changed.spec?.selector).toEqual({ app: 'b' });
  });

  test('is shown with its counts, and widely with its containers and selector', () => {
    const object = {
      ...controller({ replicas: 3, selector: { b: '2', a: '1' } }),
      status: { replicas: 2, readyReplicas: 1 },
    };
    expect(cells(CONTROLLERS, object)).toMatchObject({
      Name: 'web',
      Desired: 3,
      Current: 2,
      Ready: 1,
      Containers: 'main',
      Images: 'busybox:1.35',
      Selector: 'a=1,b=2',
    });
  });
});

describe('a disruption budget', () => {
  test('allows nothing until somebody has counted', () => {
    const stored = created<PodDisruptionBudget>(BUDGETS, {
      ...budget({ minAvailable: '50%' }),
      status: { disruptionsAllowed: 5 },
    });
    expect(stored.status).toEqual({ disruptionsAllowed: 0, currentHealthy: 0, desiredHealthy: 0, expectedPods: 0 });
    expect(stored.metadata?.generation).toBe(1);
  });

  test('keeps its status through an update, which raises its generation', () => {
    const stored = created<PodDisruptionBudget>(BUDGETS, budget({ minAvailable: 1 }));
    const counted = {
      ...stored,
      metadata: { ...stored.metadata, resourceVersion: '7' },
      status: { ...stored.status, disruptionsAllowed: 2 },
    };
    const changed = updated(BUDGETS, counted as PodDisruptionBudget, ({ spec }) =>
      Object.assign(spec ?? {}, { minAvailable: 2 }),
    );
    expect(changed.metadata?.generation).toBe(2);
    expect(changed.status?.disruptionsAllowed).toBe(2);
  });

  test('is changed only by those who name the version they have read', () => {
    const stored = created<PodDisruptionBudget>(BUDGETS, budget({ minAvailable: 1 }));
    expect(failure(() => updated(BUDGETS, stored, () => {}))).toContain(
      'metadata.resourceVersion: Invalid value: 0: must be specified for an update',
    );
  });

  test.each<[string, object, string]>([
    ['both bounds', { minAvailable: 1, maxUnavailable: 1 }, 'minAvailable and maxUnavailable cannot be both set'],
    [
      'a negative bound',
      { maxUnavailable: -1 },
      'spec.maxUnavailable: Invalid value: -1: must be greater than or equal to 0',
    ],
    [
      'more than everything',
      { minAvailable: '101%' },
      'spec.minAvailable: Invalid value: "101%": must not be greater than 100%',
    ],
    [
      'a bound that is no number',
      { minAvailable: 'some' },
      'spec.minAvailable: Invalid value: "some": a valid percent string must be',
    ],
    [
      'another policy',
      { unhealthyPodEvictionPolicy: 'Never' },
      'spec.unhealthyPodEvictionPolicy: Unsupported value: "Never": supported values: "AlwaysAllow", "IfHealthyBudget"',
    ],
    [
      'a selector that cannot be',
      { selector: { matchExpressions: [{ key: 'a', operator: 'In' }] } },
      "spec.selector.matchExpressions[0].values: Required value: must be specified when `operator` is 'In' or 'NotIn'",
    ],
  ])('is refused with %s', (_, spec, message) => {
    expect(failure(() => created(BUDGETS, budget(spec)))).toContain(message);
  });

  test('is shown with its bounds and what it allows', () => {
    expect(cells(BUDGETS, { ...budget({ maxUnavailable: '25%' }), status: { disruptionsAllowed: 2 } })).toMatchObject({
      'Min Available': 'N/A',
      'Max Unavailable': '25%',
      'Allowed Disruptions': 2,
    });
  });
});
