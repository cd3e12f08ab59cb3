// Stateful sets, daemon sets, controller revisions and pod templates: what is stored, what may change, what is refused
// with which words, and what kubectl shows of them.
import { describe, expect, test } from 'vitest';
import type { ControllerRevision, DaemonSet, Deployment, PodTemplate, StatefulSet } from '../../src/api/index.ts';
import { cellsOf, created, DEPLOYMENTS, deployment, failure, reported, resource, updated } from './support.ts';

const STATEFUL_SETS = resource('apps', 'statefulsets');
const DAEMON_SETS = resource('apps', 'daemonsets');
const REVISIONS = resource('apps', 'controllerrevisions');
const POD_TEMPLATES = resource('', 'podtemplates');

const labels = { app: 'web' };
const container = { name: 'main', image: 'busybox:1.35' };
const once = { spec: { containers: [container], restartPolicy: 'Never' } };

const statefulSet = (spec: object = {}): object => ({ ...deployment(spec), kind: 'StatefulSet' });
const daemonSet = (spec: object = {}): object => ({ ...deployment(spec), kind: 'DaemonSet' });

describe('a stateful set', () => {
  test('gets its policies, one replica, a retention of claims and an empty status', () => {
    const stored = created<StatefulSet>(STATEFUL_SETS, { ...statefulSet(), status: { replicas: 9 } });
    expect(stored.spec).toMatchObject({
      replicas: 1,
      podManagementPolicy: 'OrderedReady',
      updateStrategy: { type: 'RollingUpdate', rollingUpdate: { partition: 0 } },
      persistentVolumeClaimRetentionPolicy: { whenDeleted: 'Retain', whenScaled: 'Retain' },
      revisionHistoryLimit: 10,
    });
    expect(stored.status).toEqual({ replicas: 0, availableReplicas: 0 });
    expect(stored.metadata?.generation).toBe(1);
  });

  test('completes its claims, whose volumes its containers may mount', () => {
    const template = {
      metadata: { labels },
      spec: { containers: [{ ...container, volumeMounts: [{ name: 'data', mountPath: '/data' }] }] },
    };
    const claim = { metadata: { name: 'data' }, spec: { accessModes: ['ReadWriteOnce'] } };
    const stored = created<StatefulSet>(STATEFUL_SETS, statefulSet({ template, volumeClaimTemplates: [claim] }));
    expect(stored.spec?.volumeClaimTemplates).toEqual([
      {
        apiVersion: 'v1',
        kind: 'PersistentVolumeClaim',
        metadata: { name: 'data' },
        spec: { accessModes: ['ReadWriteOnce'], volumeMode: 'Filesystem' },
        status: { phase: 'Pending' },
      },
    ]);
    expect(failure(() => created(STATEFUL_SETS, statefulSet({ template })))).toContain(
      'spec.template.spec.containers[0].volumeMounts[0].name: Not found: "data"',
    );
  });

  test('leaves out maxUnavailable, whose feature is off', () => {
    const updateStrategy = { type: 'RollingUpdate', rollingUpdate: { partition: 2, maxUnavailable: 3 } };
    expect(created<StatefulSet>(STATEFUL_SETS, statefulSet({ updateStrategy })).spec?.updateStrategy).toEqual({
      type: 'RollingUpdate',
      rollingUpdate: { partition: 2 },
    });
  });

  test.each<[string, object, string]>([
    ['another policy', { podManagementPolicy: 'Any' }, "Invalid value: \"Any\": must be 'OrderedReady' or 'Parallel'"],
    [
      'rolling settings for OnDelete',
      { updateStrategy: { type: 'OnDelete', rollingUpdate: { partition: 1 } } },
      'spec.updateStrategy.rollingUpdate: Invalid value: {"partition":1}: only allowed for updateStrategy \'RollingUpdate\'',
    ],
    [
      'another strategy',
      { updateStrategy: { type: 'Recreate' } },
      'spec.updateStrategy: Invalid value: {"type":"Recreate"}: must be \'RollingUpdate\' or \'OnDelete\'',
    ],
    [
      'another retention',
      { persistentVolumeClaimRetentionPolicy: { whenScaled: 'Keep' } },
      'spec.persistentVolumeClaimRetentionPolicy.whenScaled: Unsupported value: "Keep": supported values: "Delete", "Retain"',
    ],
    ['a negative start', { ordinals: { start: -1 } }, 'spec.ordinals.start: Invalid value: -1'],
    [
      'an empty selector',
      { selector: {} },
      'spec.selector: Invalid value: {}: empty selector is invalid for statefulset',
    ],
    [
      'a selector that misses its template',
      { selector: { matchLabels: { app: 'x' } } },
      '`selector` does not match template `labels`',
    ],
    [
      'pods that end',
      { template: { metadata: { labels }, ...once } },
      'spec.template.spec.restartPolicy: Unsupported value: "Never": supported values: "Always"',
    ],
    [
      'a deadline',
      { template: { metadata: { labels }, spec: { containers: [container], activeDeadlineSeconds: 5 } } },
      'spec.template.spec.activeDeadlineSeconds: Forbidden: activeDeadlineSeconds in StatefulSet is not Supported',
    ],
  ])('is refused with %s', (_, spec, message) => {
    expect(failure(() => created(STATEFUL_SETS, statefulSet(spec)))).toContain(message);
  });

  test('has a name that can be a host name', () => {
    expect(failure(() => created(STATEFUL_SETS, { ...statefulSet(), metadata: { name: 'a.b' } }))).toContain(
      'metadata.name: Invalid value: "a.b": must not contain dots',
    );
  });

  test('may change what Kubernetes lets change, and nothing else of its spec', () => {
    const old = created<StatefulSet>(STATEFUL_SETS, statefulSet());
    const mutable = {
      replicas: 3,
      ordinals: { start: 1 },
      updateStrategy: { type: 'OnDelete' },
      revisionHistoryLimit: 2,
      persistentVolumeClaimRetentionPolicy: { whenDeleted: 'Delete', whenScaled: 'Delete' },
      minReadySeconds: 5,
    };
    expect(updated(STATEFUL_SETS, old, ({ spec }) => Object.assign(spec ?? {}, mutable)).metadata?.generation).toBe(2);
    expect(
      failure(() => updated(STATEFUL_SETS, old, ({ spec }) => Object.assign(spec ?? {}, { serviceName: 'other' }))),
    ).toBe(
      `StatefulSet.apps "web" is invalid: spec: Forbidden: updates to statefulset spec for fields other than 'replicas', 'ordinals', 'template', 'updateStrategy', 'revisionHistoryLimit', 'persistentVolumeClaimRetentionPolicy' and 'minReadySeconds' are forbidden`,
    );
  });

  test('has a status that adds up', () => {
    const old = created<StatefulSet>(STATEFUL_SETS, statefulSet());
    const next = reported(STATEFUL_SETS, old, { replicas: 2, readyReplicas: 1, collisionCount: 1 });
    expect(next.spec).toEqual(old.spec);
    expect(next.metadata?.generation).toBe(1);
    expect(updated(STATEFUL_SETS, next, (set) => Object.assign(set, { status: {} })).status).toEqual(next.status);
    expect(failure(() => reported(STATEFUL_SETS, old, { replicas: 1, readyReplicas: 2 }))).toContain(
      'status.readyReplicas: Invalid value: 2: cannot be greater than status.replicas',
    );
    expect(failure(() => reported(STATEFUL_SETS, next, { replicas: 2 }))).toContain(
      'status.collisionCount: Invalid value: 0: cannot be decremented',
    );
  });
});

describe('a daemon set', () => {
  const GENERATION = 'deprecated.daemonset.template.generation';

  test('gets its strategy and an empty status, and counts its templates', () => {
    const stored = created<DaemonSet>(DAEMON_SETS, daemonSet());
    expect(stored.spec).toMatchObject({
      updateStrategy: { type: 'RollingUpdate', rollingUpdate: { maxUnavailable: 1, maxSurge: 0 } },
      revisionHistoryLimit: 10,
    });
    expect(stored.status).toEqual({
      currentNumberScheduled: 0,
      numberMisscheduled: 0,
      desiredNumberScheduled: 0,
      numberReady: 0,
    });
    expect(stored.metadata).toMatchObject({ generation: 1, annotations: { [GENERATION]: '1' } });
    const other = updated(DAEMON_SETS, stored, ({ spec }) => Object.assign(spec ?? {}, { minReadySeconds: 3 }));
    expect(other.metadata).toMatchObject({ generation: 2, annotations: { [GENERATION]: '1' } });
    const image = updated(DAEMON_SETS, other, ({ metadata, spec }) => {
      delete metadata?.annotations;
      Object.assign(spec?.template?.spec?.containers[0] ?? {}, { image: 'busybox:2' });
    });
    expect(image.metadata).toMatchObject({ generation: 3, annotations: { [GENERATION]: '2' } });
  });

  test.each<[string, object, string]>([
    [
      'pods that are replaced and surge',
      { updateStrategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: 1 } } },
      'spec.updateStrategy.rollingUpdate.maxSurge: Invalid value: 1: may not be set when maxUnavailable is non-zero',
    ],
    [
      'no way to roll',
      { updateStrategy: { rollingUpdate: { maxUnavailable: 0 } } },
      'spec.updateStrategy.rollingUpdate.maxUnavailable: Required value: cannot be 0 when maxSurge is 0',
    ],
    [
      'more than all',
      { updateStrategy: { rollingUpdate: { maxUnavailable: '101%' } } },
      'must not be greater than 100%',
    ],
    ['another strategy', { updateStrategy: { type: 'Recreate' } }, 'supported values: "OnDelete", "RollingUpdate"'],
    ['an empty selector', { selector: {} }, 'empty selector is invalid for daemonset'],
  ])('is refused with %s', (_, spec, message) => {
    expect(failure(() => created(DAEMON_SETS, daemonSet(spec)))).toContain(message);
  });

  test('keeps its selector, and has counts that are not negative', () => {
    const old = created<DaemonSet>(DAEMON_SETS, daemonSet());
    const change = ({ spec }: DaemonSet): void => {
      const other = { app: 'x' };
      Object.assign(spec ?? {}, {
        selector: { matchLabels: other },
        template: { ...spec?.template, metadata: { labels: other } },
      });
    };
    expect(failure(() => updated(DAEMON_SETS, old, change))).toContain(
      'spec.selector: Invalid value: {"matchLabels":{"app":"x"}}: field is immutable',
    );
    expect(failure(() => reported(DAEMON_SETS, old, { numberReady: -1 }))).toContain(
      'status.numberReady: Invalid value: -1',
    );
  });
});

test('a controller revision has data of any shape, which stays', () => {
  const body = { metadata: { name: 'r' }, revision: 2, data: { spec: { any: [1, { thing: null }] } } };
  const stored = created<ControllerRevision>(REVISIONS, body);
  expect(stored.data).toEqual(body.data);
  expect(created<ControllerRevision>(REVISIONS, { ...body, revision: undefined }).revision).toBe(0);
  expect(updated(REVISIONS, stored, (revision) => Object.assign(revision, { revision: 3 })).revision).toBe(3);
  expect(failure(() => updated(REVISIONS, stored, (revision) => Object.assign(revision, { data: {} })))).toContain(
    'data: Invalid value: {}: field is immutable',
  );
  expect(failure(() => created(REVISIONS, { metadata: { name: 'r' }, revision: -1 }))).toBe(
    'ControllerRevision.apps "r" is invalid: [data: Required value: data is mandatory, revision: Invalid value: -1: must be greater than or equal to 0]',
  );
});

test('a pod template is defaulted and checked as in any other kind, and its generation counts its changes', () => {
  const stored = created<PodTemplate>(POD_TEMPLATES, {
    metadata: { name: 't' },
    template: { spec: { containers: [container] } },
  });
  expect(stored.template?.spec?.restartPolicy).toBe('Always');
  const annotated = updated(POD_TEMPLATES, stored, ({ metadata }) =>
    Object.assign(metadata ?? {}, { annotations: { a: 'b' } }),
  );
  expect(annotated.metadata).toMatchObject({ generation: 1, annotations: { a: 'b' } });
  const changed = updated(POD_TEMPLATES, stored, ({ template }) =>
    Object.assign(template?.spec?.containers[0] ?? {}, { image: 'x:1' }),
  );
  expect(changed.metadata?.generation).toBe(2);
  expect(failure(() => created(POD_TEMPLATES, { metadata: { name: 't' } }))).toContain(
    'template.spec.containers: Required value',
  );
});

describe('the service account of a template', () => {
  const accounts = (stored: Deployment): unknown[] => {
    const { serviceAccount, serviceAccountName } = stored.spec?.template.spec ?? {};
    return [serviceAccount, serviceAccountName];
  };
  const withAccount = (account: object): Deployment =>
    created<Deployment>(
      DEPLOYMENTS,
      deployment({ template: { metadata: { labels }, spec: { containers: [container], ...account } } }),
    );

  test('is told under its older name too', () => {
    expect(accounts(withAccount({ serviceAccountName: 'robot' }))).toEqual(['robot', 'robot']);
    expect(accounts(withAccount({ serviceAccount: 'robot' }))).toEqual(['robot', 'robot']);
    expect(accounts(withAccount({}))).toEqual([undefined, undefined]);
  });

  test('follows the newer name when that changes', () => {
    const changed = updated<Deployment>(DEPLOYMENTS, withAccount({ serviceAccountName: 'robot' }), ({ spec }) =>
      Object.assign(spec?.template.spec ?? {}, { serviceAccountName: 'other' }),
    );
    expect(accounts(changed)).toEqual(['other', 'other']);
  });
});

describe('in a table', () => {
  const nowMs = Date.UTC(2026, 0, 2);
  const created = { creationTimestamp: '2026-01-01T22:00:00Z' };
  const spec = {
    selector: { matchLabels: labels },
    template: { spec: { containers: [container], nodeSelector: { b: '1', a: '2' } } },
  };

  test.each<[string, typeof STATEFUL_SETS, object, object]>([
    [
      'a stateful set',
      STATEFUL_SETS,
      { metadata: { name: 's', ...created }, spec: { ...spec, replicas: 3 }, status: { readyReplicas: 1 } },
      { Name: 's', Ready: '1/3', Age: '120m', Containers: 'main', Images: 'busybox:1.35' },
    ],
    [
      'a daemon set',
      DAEMON_SETS,
      {
        spec,
        status: { desiredNumberScheduled: 3, currentNumberScheduled: 2, numberReady: 1, updatedNumberScheduled: 2 },
      },
      {
        Desired: 3,
        Current: 2,
        Ready: 1,
        'Up-to-date': 2,
        Available: 0,
        'Node Selector': 'a=2,b=1',
        Selector: 'app=web',
      },
    ],
    [
      'a controller revision',
      REVISIONS,
      {
        metadata: {
          ownerReferences: [{ apiVersion: 'apps/v1', kind: 'StatefulSet', name: 'web', uid: 'u', controller: true }],
        },
        revision: 4,
      },
      { Controller: 'statefulset.apps/web', Revision: 4 },
    ],
    ['a revision of nobody', REVISIONS, {}, { Controller: '<none>' }],
    [
      'a pod template',
      POD_TEMPLATES,
      { metadata: { name: 't' }, template: { metadata: { labels }, spec: { containers: [container] } } },
      { Name: 't', Containers: 'main', Images: 'busybox:1.35', 'Pod Labels': 'app=web' },
    ],
  ])('%s shows what kubectl users know', (_, definition, object, expected) => {
    expect(cellsOf(definition, object, nowMs)).toMatchObject(expected);
  });
});
