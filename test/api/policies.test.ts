// Resource quotas, limit ranges, priority classes and runtime classes through the whole lifecycle: what is stored, what is
// refused with which words, and what kubectl prints.
import { describe, expect, test } from 'vitest';
import {
  type KubeObject,
  type LimitRange,
  type PriorityClass,
  prepareStatusUpdate,
  type ResourceDefinition,
  type ResourceQuota,
  type RuntimeClass,
  validateStatusUpdate,
} from '../../src/api/index.ts';
import { context, created, failure, resource, schema, updated } from './support.ts';

const QUOTAS = resource('', 'resourcequotas');
const RANGES = resource('', 'limitranges');
const PRIORITIES = resource('scheduling.k8s.io', 'priorityclasses');
const RUNTIMES = resource('node.k8s.io', 'runtimeclasses');

const quota = (spec: object): object => ({ metadata: { name: 'q' }, spec });
const range = (...limits: object[]): object => ({ metadata: { name: 'l' }, spec: { limits } });
const priority = (more: object, name = 'p'): object => ({ metadata: { name }, value: 1, ...more });
const runtime = (more: object): object => ({ metadata: { name: 'r' }, handler: 'runc', ...more });

function cells(definition: ResourceDefinition, object: KubeObject): Record<string, unknown> {
  return Object.fromEntries(definition.columns.map((column) => [column.name, column.cell(object, 0)]));
}

describe('what is stored', () => {
  test('a quota has no status that a client made, and keeps the one it has', () => {
    const stored = created<ResourceQuota>(QUOTAS, { ...quota({ hard: { pods: 1 } }), status: { hard: { pods: '9' } } });
    expect(stored).toMatchObject({ spec: { hard: { pods: '1' } }, status: {} });
    const observed = { ...stored, status: { hard: { pods: '1' }, used: { pods: '0' } } };
    const next = updated<ResourceQuota>(QUOTAS, observed, (object) => {
      object.spec = { hard: { pods: '2' } };
      object.status = {};
    });
    expect(next).toMatchObject({ spec: { hard: { pods: '2' } }, status: observed.status });
  });

  test('an update of a status leaves the spec', () => {
    const stored = created<ResourceQuota>(QUOTAS, quota({ hard: { pods: '1' } }));
    const body = { ...stored, spec: { hard: { pods: '7' } }, status: { hard: { cpu: '-1' } } };
    prepareStatusUpdate(schema, QUOTAS, body, stored, context);
    expect(body.spec).toEqual({ hard: { pods: '1' } });
    expect(failure(() => validateStatusUpdate(QUOTAS, body, stored))).toContain(
      'status.hard[cpu]: Invalid value: "-1": must be greater than or equal to 0',
    );
  });

  test('a limit range of containers derives defaults from its bounds', () => {
    const item = {
      type: 'Container',
      max: { cpu: '2', memory: '1Gi' },
      min: { cpu: '100m', storage: '1' },
      default: { cpu: '1' },
    };
    const pods = { type: 'Pod', max: { cpu: '4' } };
    const stored = created<LimitRange>(RANGES, range({ ...item, min: { cpu: '100m' } }, pods));
    expect(stored.spec?.limits).toEqual([
      {
        ...item,
        min: { cpu: '100m' },
        default: { cpu: '1', memory: '1Gi' },
        defaultRequest: { cpu: '1', memory: '1Gi' },
      },
      pods,
    ]);
    const least = created<LimitRange>(RANGES, range({ type: 'Container', min: { cpu: '100m' } }));
    expect(least.spec?.limits).toEqual([{ type: 'Container', min: { cpu: '100m' }, defaultRequest: { cpu: '100m' } }]);
  });

  test('a priority class has a generation, a value and a policy', () => {
    expect(created<PriorityClass>(PRIORITIES, { metadata: { name: 'p' } })).toMatchObject({
      metadata: { generation: 1 },
      value: 0,
      preemptionPolicy: 'PreemptLowerPriority',
    });
  });

  test('the overhead of a runtime class is a list of quantities', () => {
    const stored = created<RuntimeClass>(RUNTIMES, runtime({ overhead: { podFixed: { cpu: 1, memory: '64Mi' } } }));
    expect(stored.overhead).toEqual({ podFixed: { cpu: '1', memory: '64Mi' } });
  });
});

const scoped = (hard: string, ...scopes: string[]): object => quota({ hard: { [hard]: '1' }, scopes });
const selected = (expression: object): object =>
  quota({ hard: { pods: '1' }, scopeSelector: { matchExpressions: [expression] } });
const STANDARD = 'must be a standard resource type or fully qualified';

const REFUSED: readonly [string, ResourceDefinition, object, string][] = [
  [
    'a quota of what does not exist',
    QUOTAS,
    quota({ hard: { 'limit.cpu': '1' } }),
    `ResourceQuota "q" is invalid: [spec.hard[limit.cpu]: Invalid value: "limit.cpu": ${STANDARD}, spec.hard[limit.cpu]: Invalid value: "limit.cpu": must be a standard resource for quota]`,
  ],
  [
    'half a pod',
    QUOTAS,
    quota({ hard: { pods: '500m' } }),
    'spec.hard[pods]: Invalid value: "500m": must be an integer',
  ],
  ['half an object', QUOTAS, quota({ hard: { 'count/jobs.batch': '1500m' } }), 'must be an integer'],
  [
    'a scope that does not exist',
    QUOTAS,
    scoped('pods', 'Odd'),
    'spec.scopes: Invalid value: ["Odd"]: unsupported scope',
  ],
  [
    'a scope of what has none',
    QUOTAS,
    scoped('requests.storage', 'PriorityClass'),
    'spec.scopes: Invalid value: ["PriorityClass"]: unsupported scope applied to resource',
  ],
  ['compute of pods that ask for none', QUOTAS, scoped('cpu', 'BestEffort'), 'unsupported scope applied to resource'],
  [
    'pods by the class of volumes',
    QUOTAS,
    scoped('pods', 'VolumeAttributesClass'),
    'unsupported scope applied to resource',
  ],
  ['two scopes that exclude each other', QUOTAS, scoped('pods', 'Terminating', 'NotTerminating'), 'conflicting scopes'],
  [
    'a selector without values',
    QUOTAS,
    selected({ scopeName: 'PriorityClass', operator: 'In' }),
    "spec.scopeSelector.matchExpressions.values: Required value: must be at least one value when `operator` is 'In' or 'NotIn' for scope selector",
  ],
  [
    'a selector with values that mean nothing',
    QUOTAS,
    selected({ scopeName: 'PriorityClass', operator: 'Exists', values: ['a'] }),
    "must be no value when `operator` is 'Exist' or 'DoesNotExist' for scope selector",
  ],
  [
    'values of a plain scope',
    QUOTAS,
    selected({ scopeName: 'BestEffort', operator: 'In', values: ['a'] }),
    "must be 'Exist' when scope is any of",
  ],
  [
    'an unknown operator',
    QUOTAS,
    selected({ scopeName: 'PriorityClass', operator: 'Is' }),
    'not a valid selector operator',
  ],
  [
    'a limit of what does not exist',
    RANGES,
    range({ type: 'Node' }),
    'spec.limits[0].type: Invalid value: "Node": must be a standard limit type or fully qualified',
  ],
  ['one type twice', RANGES, range({ type: 'Pod' }, { type: 'Pod' }), 'spec.limits[1].type: Duplicate value: "Pod"'],
  [
    'defaults of pods',
    RANGES,
    range({ type: 'Pod', default: { cpu: '1' } }),
    "spec.limits[0].default: Forbidden: may not be specified when `type` is 'Pod'",
  ],
  [
    'storage of containers',
    RANGES,
    range({ type: 'Container', max: { storage: '1' } }),
    'spec.limits[0].max[storage]: Invalid value: "storage": must be a standard resource for containers',
  ],
  [
    'claims without a bound',
    RANGES,
    range({ type: 'PersistentVolumeClaim', min: { cpu: '1' } }),
    'spec.limits[0].limits: Required value: either minimum or maximum storage value is required, but neither was provided',
  ],
  [
    'a minimum above the maximum',
    RANGES,
    range({ type: 'Pod', min: { cpu: '2' }, max: { cpu: '1' } }),
    'spec.limits[0].min[cpu]: Invalid value: "2": min value 2 is greater than max value 1',
  ],
  [
    'a default above the maximum',
    RANGES,
    range({ type: 'Container', default: { cpu: '2' }, max: { cpu: '1' } }),
    'default value 2 is greater than max value 1',
  ],
  [
    'a default request above the default',
    RANGES,
    range({ type: 'Container', default: { cpu: '1' }, defaultRequest: { cpu: '2' } }),
    'default request value 2 is greater than default limit value 1',
  ],
  [
    'a default below the minimum',
    RANGES,
    range({ type: 'Container', default: { cpu: '1' }, min: { cpu: '2' } }),
    'min value 2 is greater than default value 1',
  ],
  [
    'a ratio below one',
    RANGES,
    range({ type: 'Pod', maxLimitRequestRatio: { cpu: '500m' } }),
    'ratio 500m is less than 1',
  ],
  [
    'a ratio that the bounds forbid',
    RANGES,
    range({ type: 'Pod', min: { cpu: '1' }, max: { cpu: '2' }, maxLimitRequestRatio: { cpu: '3' } }),
    'ratio 3 is greater than max/min = 2.000000',
  ],
  [
    'devices that are shared',
    RANGES,
    range({ type: 'Container', default: { 'a.b/c': '2' }, defaultRequest: { 'a.b/c': '1' } }),
    'default value 2 must equal to defaultRequest value 1 in a.b/c',
  ],
  [
    'a priority above all',
    PRIORITIES,
    priority({ value: 1_000_000_001 }),
    'PriorityClass.scheduling.k8s.io "p" is invalid: value: Forbidden: maximum allowed value of a user defined priority is 1000000000',
  ],
  [
    "a name of the system's",
    PRIORITIES,
    priority({}, 'system-mine'),
    "metadata.name: Forbidden: priority class names with 'system-' prefix are reserved for system use only. error: system-mine is not a known system priority class",
  ],
  [
    "the system's class with another value",
    PRIORITIES,
    priority({}, 'system-node-critical'),
    'value of system-node-critical PriorityClass must be 2000001000',
  ],
  [
    'a policy that does not exist',
    PRIORITIES,
    priority({ preemptionPolicy: 'Ask' }),
    'preemptionPolicy: Unsupported value: "Ask": supported values: "Never", "PreemptLowerPriority"',
  ],
  [
    'a handler that is no name',
    RUNTIMES,
    runtime({ handler: 'A_b' }),
    'handler: Invalid value: "A_b": a lowercase RFC 1123 label must consist of',
  ],
  [
    'an overhead below nothing',
    RUNTIMES,
    runtime({ overhead: { podFixed: { cpu: '-1' } } }),
    'overhead.limits[cpu]: Invalid value: "-1": must be greater than or equal to 0',
  ],
  [
    'one toleration twice',
    RUNTIMES,
    runtime({
      scheduling: {
        tolerations: [
          { key: 'a', operator: 'Exists' },
          { key: 'a', operator: 'Exists' },
        ],
      },
    }),
    'scheduling.tolerations[1]: Duplicate value',
  ],
];

describe('what is refused', () => {
  test.each(REFUSED)('%s', (_, definition, body, message) => {
    expect(failure(() => created(definition, body))).toContain(message);
  });

  test('no runtime class goes without a handler', () => {
    expect(failure(() => created(RUNTIMES, { metadata: { name: 'r' } }))).toContain(
      'RuntimeClass.node.k8s.io "r" is invalid: handler:',
    );
  });

  test('what a class means does not change', () => {
    const stored = created<PriorityClass>(PRIORITIES, priority({}));
    const change = (more: Partial<PriorityClass>): string =>
      failure(() => updated<PriorityClass>(PRIORITIES, stored, (object) => Object.assign(object, more)));
    expect(change({ value: 2 })).toContain('value: Forbidden: may not be changed in an update.');
    expect(change({ preemptionPolicy: 'Never' })).toContain(
      'preemptionPolicy: Invalid value: "Never": field is immutable',
    );
    expect(updated<PriorityClass>(PRIORITIES, stored, (object) => (object.description = 'd')).description).toBe('d');
    const runc = { ...created<RuntimeClass>(RUNTIMES, runtime({})), metadata: { name: 'r', resourceVersion: '1' } };
    expect(failure(() => updated<RuntimeClass>(RUNTIMES, runc, (object) => (object.handler = 'kata')))).toContain(
      'handler: Invalid value: "kata": field is immutable',
    );
  });

  test('the scopes of a quota do not change, in whatever order they come', () => {
    const stored = created<ResourceQuota>(QUOTAS, scoped('pods', 'Terminating', 'NotBestEffort'));
    const scopes = (...next: string[]) =>
      updated<ResourceQuota>(QUOTAS, stored, (object) => {
        object.spec = { ...object.spec, scopes: next };
      });
    expect(scopes('NotBestEffort', 'Terminating').spec?.scopes).toHaveLength(2);
    expect(failure(() => scopes('Terminating'))).toContain(
      'spec.scopes: Invalid value: ["Terminating"]: field is immutable',
    );
  });
});

describe('what kubectl prints', () => {
  test('of a quota: what is used of requests and of limits', () => {
    const status = {
      hard: { pods: '10', 'requests.cpu': '1', 'limits.cpu': '2' },
      used: { pods: '3', 'requests.cpu': '500m' },
    };
    expect(cells(QUOTAS, { metadata: { name: 'q' }, status } as KubeObject)).toMatchObject({
      Name: 'q',
      Request: 'pods: 3/10, requests.cpu: 500m/1',
      Limit: 'limits.cpu: 0/2',
    });
    expect(QUOTAS.columns.map(({ name }) => name)).toEqual(['Name', 'Request', 'Limit', 'Age']);
  });

  test('of the others', () => {
    const at = { creationTimestamp: '2026-01-01T00:00:00Z' };
    expect(cells(RANGES, { metadata: { name: 'l', ...at } })).toEqual({
      Name: 'l',
      'Created At': at.creationTimestamp,
    });
    expect(cells(PRIORITIES, created(PRIORITIES, priority({ globalDefault: true })))).toMatchObject({
      Name: 'p',
      Value: 1,
      'Global-Default': true,
      PreemptionPolicy: 'PreemptLowerPriority',
    });
    expect(cells(RUNTIMES, created(RUNTIMES, runtime({})))).toMatchObject({ Name: 'r', Handler: 'runc' });
  });
});
