// Autoscalers: defaults, rules, tables, and the two versions in which one object is served.
import { describe, expect, test } from 'vitest';
import {
  apiGroupDocument,
  type HorizontalPodAutoscaler,
  type HorizontalPodAutoscalerV1,
  type KubeObject,
} from '../../src/api/index.ts';
import { defined } from '../../src/lib/index.ts';
import { cellsOf, created, failure, registry, reported, resource, updated } from './support.ts';

const V1 = resource('autoscaling', 'horizontalpodautoscalers');
const V2 = defined(registry.find('autoscaling', 'v2', 'horizontalpodautoscalers'), 'autoscaling/v2');
const stored = defined(V1.storedAs, 'autoscaling/v1 is a view');

const scaleTargetRef = { apiVersion: 'apps/v1', kind: 'Deployment', name: 'web' };
const hpa = (spec: object = {}, metadata: object = {}): object => ({
  metadata: { name: 'web', ...metadata },
  spec: { scaleTargetRef, maxReplicas: 10, ...spec },
});

const percent = (name: string, averageUtilization: number): object => ({
  type: 'Resource',
  resource: { name, target: { type: 'Utilization', averageUtilization } },
});
const metric = { name: 'requests', selector: { matchLabels: { verb: 'GET' } } };
const METRICS = [
  percent('cpu', 50),
  percent('memory', 70),
  { type: 'Pods', pods: { metric, target: { type: 'AverageValue', averageValue: '1k' } } },
  {
    type: 'Object',
    object: {
      describedObject: { apiVersion: 'networking.k8s.io/v1', kind: 'Ingress', name: 'main' },
      metric,
      target: { type: 'Value', value: '2k' },
    },
  },
  { type: 'External', external: { metric, target: { type: 'AverageValue', averageValue: '30' } } },
  {
    type: 'ContainerResource',
    containerResource: { name: 'cpu', container: 'app', target: { type: 'AverageValue', averageValue: '500m' } },
  },
];
const BEHAVIOR = { scaleDown: { stabilizationWindowSeconds: 60, tolerance: '100m' } };
const STATUS = {
  observedGeneration: 3,
  currentReplicas: 2,
  desiredReplicas: 4,
  lastScaleTime: '2026-01-02T03:04:05Z',
  currentMetrics: [
    { type: 'Resource', resource: { name: 'cpu', current: { averageUtilization: 40, averageValue: '80m' } } },
    { type: 'Pods', pods: { metric, current: { averageValue: '900' } } },
    { type: 'External', external: { metric, current: { value: '0', averageValue: '15' } } },
  ],
  conditions: [
    { type: 'AbleToScale', status: 'True', reason: 'ReadyForNewScale', lastTransitionTime: '2026-01-02T03:04:05Z' },
  ],
};

describe('an autoscaler', () => {
  test('keeps at least one replica, and goes by 80% of the cpu, where nothing else is said', () => {
    const object = created<HorizontalPodAutoscaler>(V2, { ...hpa(), status: STATUS });
    expect(object.spec).toEqual({ scaleTargetRef, maxReplicas: 10, minReplicas: 1, metrics: [percent('cpu', 80)] });
    expect(object.status).toEqual({ desiredReplicas: 0 });
    expect(object.metadata?.generation).toBeUndefined();
  });

  test('has rules for both directions as soon as it has any', () => {
    expect(created<HorizontalPodAutoscaler>(V2, hpa({ behavior: BEHAVIOR })).spec?.behavior).toEqual({
      scaleUp: {
        stabilizationWindowSeconds: 0,
        selectPolicy: 'Max',
        policies: [
          { type: 'Pods', value: 4, periodSeconds: 15 },
          { type: 'Percent', value: 100, periodSeconds: 15 },
        ],
      },
      scaleDown: {
        stabilizationWindowSeconds: 60,
        tolerance: '100m',
        selectPolicy: 'Max',
        policies: [{ type: 'Percent', value: 100, periodSeconds: 15 }],
      },
    });
  });

  const resourceMetric = (target: object): object => ({
    metrics: [{ type: 'Resource', resource: { name: 'cpu', target } }],
  });
  const policies = (policy: object): object => ({ behavior: { scaleUp: { policies: [policy] } } });
  test.each<[string, object, string]>([
    ['no maximum', { maxReplicas: undefined }, 'spec.maxReplicas: Invalid value: 0: must be greater than 0'],
    ['a minimum of none', { minReplicas: 0 }, 'spec.minReplicas: Invalid value: 0: must be greater than or equal to 1'],
    [
      'a minimum above the maximum',
      { minReplicas: 11 },
      'spec.maxReplicas: Invalid value: 10: must be greater than or equal to `minReplicas`',
    ],
    [
      'a target without a group',
      { scaleTargetRef: { kind: 'Deployment', name: 'web' } },
      'spec.scaleTargetRef.apiVersion: Invalid value: "": apiVersion must specify API group',
    ],
    [
      'a target without a name',
      { scaleTargetRef: { ...scaleTargetRef, name: '' } },
      'spec.scaleTargetRef.name: Required value',
    ],
    [
      'a metric of no kind',
      { metrics: [{ type: 'Moon' }] },
      'supported values: "ContainerResource", "External", "Object", "Pods", "Resource"',
    ],
    [
      'a metric without its source',
      { metrics: [{ type: 'Pods' }] },
      'spec.metrics[0].pods: Required value: must populate information for the given metric source',
    ],
    [
      'two sources',
      { metrics: [{ ...METRICS[0], pods: { metric, target: { type: 'AverageValue', averageValue: '1' } } }] },
      'spec.metrics[0].pods: Forbidden: must populate the given metric source only',
    ],
    [
      'two targets',
      resourceMetric({ type: 'Utilization', averageUtilization: 5, averageValue: '1' }),
      'may not set both a target raw value and a target utilization',
    ],
    [
      'no target',
      resourceMetric({ type: 'Utilization' }),
      'must set either a target raw value or a target utilization',
    ],
    [
      'a target of nothing',
      resourceMetric({ type: 'AverageValue', averageValue: '0' }),
      'target.averageValue: Invalid value: "0": must be positive',
    ],
    [
      'a target of another kind',
      resourceMetric({ type: 'Most', averageValue: '1' }),
      'must be either Utilization, Value, or AverageValue',
    ],
    [
      'a policy of nothing',
      policies({ type: 'Pods', value: 0, periodSeconds: 5 }),
      'spec.behavior.scaleUp.policies[0].value: Invalid value: 0: must be greater than zero',
    ],
    [
      'a policy for too long',
      policies({ type: 'Pods', value: 1, periodSeconds: 1801 }),
      'must be less than or equal to 1800',
    ],
    [
      'no policies',
      { behavior: { scaleUp: { policies: [], selectPolicy: 'Most' } } },
      'spec.behavior.scaleUp.selectPolicy: Unsupported value: "Most": supported values: "Disabled", "Max", "Min"',
    ],
    [
      'a window that is too long',
      { behavior: { scaleDown: { stabilizationWindowSeconds: 3601 } } },
      'must be less than or equal to 3600',
    ],
  ])('is refused with %s', (_, spec, message) => {
    expect(failure(() => created(V2, hpa(spec)))).toContain(message);
  });

  test('keeps spec and status apart', () => {
    const object = created<HorizontalPodAutoscaler>(V2, hpa());
    const scaled = reported(V2, object, STATUS);
    expect(scaled.spec).toEqual(object.spec);
    expect(updated(V2, scaled, (next) => Object.assign(next, { status: { desiredReplicas: 0 } })).status).toEqual(
      STATUS,
    );
    expect(failure(() => reported(V2, object, { desiredReplicas: -1 }))).toContain(
      'status.desiredReplicas: Invalid value: -1',
    );
  });

  test('shows its targets', () => {
    const shown = cellsOf(V2, { ...hpa({ metrics: METRICS, minReplicas: 2 }), status: STATUS });
    expect(shown).toMatchObject({
      Reference: 'Deployment/web',
      Targets: 'cpu: 40%/50%, memory: <unknown>/70% + 4 more...',
      MinPods: '2',
      MaxPods: 10,
      Replicas: 2,
    });
    const others = { ...hpa({ metrics: [METRICS[4], METRICS[3]] }) };
    expect(cellsOf(V2, others)['Targets']).toBe('<unknown>/30 (avg), <unknown>/2k');
    expect(cellsOf(V2, hpa())).toMatchObject({ Targets: '<none>', MinPods: '<unset>' });
    expect(cellsOf(V1, stored.fromStored({ ...(others as KubeObject), apiVersion: 'autoscaling/v2' }))['Targets']).toBe(
      '<unknown>/30 (avg), <unknown>/2k',
    );
  });
});

describe('autoscaling/v1', () => {
  const full = (): HorizontalPodAutoscaler => {
    const body = hpa({ metrics: METRICS, behavior: BEHAVIOR }, { annotations: { mine: 'yes' } });
    return reported(V2, created<HorizontalPodAutoscaler>(V2, body), STATUS);
  };

  test('is the second version of its group, and v2 the preferred one', () => {
    expect(apiGroupDocument(registry, 'autoscaling')).toMatchObject({
      versions: [{ version: 'v2' }, { version: 'v1' }],
      preferredVersion: { groupVersion: 'autoscaling/v2', version: 'v2' },
    });
  });

  test('has what it has no field for in the annotations of Kubernetes', () => {
    const view = stored.fromStored(full()) as HorizontalPodAutoscalerV1;
    expect(view).toMatchObject({
      apiVersion: 'autoscaling/v1',
      spec: { scaleTargetRef, minReplicas: 1, maxReplicas: 10, targetCPUUtilizationPercentage: 50 },
      status: { currentReplicas: 2, desiredReplicas: 4, observedGeneration: 3, currentCPUUtilizationPercentage: 40 },
    });
    const { annotations = {} } = view.metadata ?? {};
    expect(Object.keys(annotations).sort()).toEqual([
      'autoscaling.alpha.kubernetes.io/behavior',
      'autoscaling.alpha.kubernetes.io/conditions',
      'autoscaling.alpha.kubernetes.io/current-metrics',
      'autoscaling.alpha.kubernetes.io/metrics',
      'mine',
    ]);
    expect(JSON.parse(annotations['autoscaling.alpha.kubernetes.io/metrics'] ?? '')).toContainEqual({
      type: 'Pods',
      pods: { metricName: 'requests', selector: metric.selector, targetAverageValue: '1k' },
    });
    expect(annotations['autoscaling.alpha.kubernetes.io/behavior']).toContain(
      '"StabilizationWindowSeconds":60,"Tolerance":"100m"',
    );
  });

  test.each([
    ['all that there is', full],
    ['nothing but the defaults', () => created<HorizontalPodAutoscaler>(V2, hpa())],
  ])('loses nothing on the way there and back: %s', (_, make) => {
    const object = make();
    const before = structuredClone(object);
    expect(stored.toStored(stored.fromStored(object))).toEqual(before);
    expect(object).toEqual(before);
    const view = stored.fromStored(object);
    expect(stored.fromStored(stored.toStored(view))).toEqual(view);
  });

  test('is defaulted and checked as what it is in v2', () => {
    const object = created<HorizontalPodAutoscalerV1>(V1, { ...hpa(), status: { desiredReplicas: 7 } });
    expect(object.spec).toMatchObject({ minReplicas: 1, targetCPUUtilizationPercentage: 80 });
    expect(object.status).toEqual({ currentReplicas: 0, desiredReplicas: 0 });
    expect((stored.toStored(object) as HorizontalPodAutoscaler).spec?.metrics).toEqual([percent('cpu', 80)]);
    expect(failure(() => created(V1, hpa({ minReplicas: 11 })))).toContain(
      'must be greater than or equal to `minReplicas`',
    );
  });

  test('keeps metrics and status when an update changes something else', () => {
    const old = stored.fromStored(full()) as HorizontalPodAutoscalerV1;
    const next = updated(V1, old, ({ metadata, spec }) => {
      Object.assign(spec ?? {}, { maxReplicas: 20 });
      // What a client sends for the status is not taken, in whichever shape.
      Object.assign(metadata?.annotations ?? {}, { 'autoscaling.alpha.kubernetes.io/conditions': '[]' });
    });
    const inV2 = stored.toStored(next) as HorizontalPodAutoscaler;
    expect(inV2.spec).toEqual({ ...full().spec, maxReplicas: 20 });
    expect(inV2.status).toEqual(STATUS);
    const status = reported(V1, old, { currentReplicas: 3, desiredReplicas: 3, currentCPUUtilizationPercentage: 10 });
    expect((stored.toStored(status) as HorizontalPodAutoscaler).spec).toEqual(full().spec);
    expect(status.status).toMatchObject({ currentReplicas: 3 });
  });

  test.each([
    'no JSON',
    '{}',
    '[1]',
    '[{"type":"Resource","resource":5}]',
    '[{"type":"Resource","resource":{"name":"cpu","targetAverageUtilization":"much"}}]',
    '[{"type":"Pods","pods":{"metricName":"a","targetAverageValue":"x"}}]',
    '[{"type":"Pods","pods":{"metricName":"a","targetAverageValue":"1","selector":{"matchLabels":{"a":1}}}}]',
  ])('takes annotations that cannot be read for none: %s', (text) => {
    const annotations = Object.fromEntries(
      ['metrics', 'behavior', 'conditions', 'current-metrics'].map((name) => [
        `autoscaling.alpha.kubernetes.io/${name}`,
        text,
      ]),
    );
    const object = stored.toStored(created(V1, hpa({ targetCPUUtilizationPercentage: 60 }, { annotations })));
    expect(object).toMatchObject({ spec: { metrics: [percent('cpu', 60)] } });
    expect(object.metadata?.annotations).toBeUndefined();
    expect((object as HorizontalPodAutoscaler).spec?.behavior).toBeUndefined();
  });
});
