// Statuses: what a pod's containers make of its phase and conditions, and the smallest patch that writes it.
import { describe, expect, it } from 'vitest';
import { type Pod, type PodStatus, qosClassOf, type Served } from '../../src/api/index.ts';
import { type Ending, planPod } from '../../src/kubelet/pods/plan.ts';
import { podStatus } from '../../src/kubelet/pods/status.ts';
import { statusPatch } from '../../src/kubelet/pods/status-writer.ts';
import { afterAnswer, FIRST_RUN, type ProbeVerdict, verdictOf } from '../../src/kubelet/probes/state.ts';
import type { ContainerRecord, RuntimePod } from '../../src/kubelet/runtime/port.ts';

const NOW = Date.UTC(2026, 0, 1);

function podOf(spec: Partial<NonNullable<Pod['spec']>> = {}, status?: PodStatus): Served<Pod> {
  return {
    metadata: { name: 'p', namespace: 'n', uid: 'u', resourceVersion: '1', creationTimestamp: '' },
    spec: { containers: [{ name: 'app', image: 'i' }], ...spec },
    ...(status === undefined ? {} : { status }),
  };
}
const record = (
  name: string,
  state: ContainerRecord['state'],
  rest: Partial<ContainerRecord> = {},
): ContainerRecord => ({
  id: `${name}${rest.attempt ?? 0}`,
  name,
  attempt: 0,
  state,
  createdAtMs: NOW - 900,
  startedAtMs: NOW - 800,
  finishedAtMs: state === 'exited' ? NOW - 100 : 0,
  exitCode: 0,
  oomKilled: false,
  error: '',
  image: 'i',
  imageId: 'sha256:i',
  notes: { image: 'i' },
  ...rest,
});

interface Given {
  readonly pod?: Served<Pod>;
  readonly containers?: readonly ContainerRecord[];
  readonly sandbox?: 'none' | 'ready' | 'dead';
  readonly ending?: Ending;
  readonly verdicts?: ReadonlyMap<string, ProbeVerdict>;
  readonly waiting?: ReadonlyMap<string, { reason: string; message: string }>;
}

function status({
  pod = podOf(),
  containers = [],
  sandbox = 'ready',
  ending = { kind: 'none' },
  verdicts = new Map(),
  waiting = new Map(),
}: Given): PodStatus {
  const sandboxes =
    sandbox === 'none'
      ? []
      : [
          {
            id: 's',
            attempt: 0,
            ready: sandbox === 'ready',
            ip: sandbox === 'ready' ? '10.0.0.1' : undefined,
            createdAtMs: NOW - 1_000,
          },
        ];
  const runtime: RuntimePod = { pod: { uid: 'u', namespace: 'n', name: 'p' }, sandboxes, containers };
  const crashes = new Map([['crasher', { delayMs: 80_000, updatedAtMs: NOW - 200 }]]);
  const plan = planPod({
    pod,
    runtime,
    ending,
    verdicts,
    crashes,
    notBeforeMs: new Map(),
    stopping: new Map(),
    nowMs: NOW,
  });
  return podStatus({
    pod,
    previous: pod.status ?? {},
    runtime,
    runtimeName: 'docker',
    verdicts,
    waiting,
    messages: new Map(),
    plan,
    ending,
    nodeAddress: '192.0.2.1',
    seenAtMs: NOW,
    nowMs: NOW,
  });
}
const condition = (of: PodStatus, type: string): string | undefined =>
  of.conditions?.find((one) => one.type === type)?.status;

describe('the phase of a pod', () => {
  const never = { restartPolicy: 'Never' };
  const two = {
    containers: [
      { name: 'app', image: 'i' },
      { name: 'b', image: 'i' },
    ],
  };
  it.each<[string, Given, string]>([
    ['nothing is there', { sandbox: 'none' }, 'Pending'],
    ['a container waits', { pod: podOf(two), containers: [record('app', 'running')] }, 'Pending'],
    ['all run', { containers: [record('app', 'running')] }, 'Running'],
    [
      'an init container runs',
      { pod: podOf({ initContainers: [{ name: 'i' }] }), containers: [record('i', 'running')] },
      'Pending',
    ],
    ['one crashed and starts again', { containers: [record('app', 'exited', { exitCode: 1 })] }, 'Running'],
    ['all ended well for good', { pod: podOf(never), containers: [record('app', 'exited')] }, 'Succeeded'],
    [
      'one ended badly for good',
      {
        pod: podOf({ ...never, ...two }),
        containers: [record('app', 'exited', { exitCode: 2 }), record('b', 'exited')],
      },
      'Failed',
    ],
    [
      'one ended and one runs',
      {
        pod: podOf({ ...never, ...two }),
        containers: [record('app', 'exited', { exitCode: 2 }), record('b', 'running')],
      },
      'Running',
    ],
    [
      'an init container failed for good',
      {
        pod: podOf({ ...never, initContainers: [{ name: 'i' }] }),
        containers: [record('i', 'exited', { exitCode: 1 })],
        sandbox: 'dead',
      },
      'Failed',
    ],
    [
      'its deadline is over',
      { ending: { kind: 'failed', reason: 'DeadlineExceeded', message: 'm' }, containers: [record('app', 'running')] },
      'Failed',
    ],
    ['it was terminal before', { pod: podOf(never, { phase: 'Succeeded' }), containers: [] }, 'Succeeded'],
    [
      'it was deleted and ended by the signal',
      { ending: { kind: 'deleted' }, containers: [record('app', 'exited', { exitCode: 137 })], sandbox: 'dead' },
      'Failed',
    ],
  ])('when %s', (_title, given, phase) => {
    expect(status(given).phase).toBe(phase);
  });
});

describe('conditions', () => {
  it('say that a pod is ready when its containers are', () => {
    const ready = status({ containers: [record('app', 'running')] });
    for (const type of ['PodReadyToStartContainers', 'Initialized', 'Ready', 'ContainersReady', 'PodScheduled']) {
      expect([type, condition(ready, type)]).toEqual([type, 'True']);
    }
    const verdicts = new Map([['app0', { started: true, ready: false, failed: undefined }]]);
    const unready = status({ containers: [record('app', 'running')], verdicts });
    expect(condition(unready, 'Ready')).toBe('False');
    expect(unready.conditions?.find(({ type }) => type === 'Ready')?.message).toBe(
      'containers with unready status: [app]',
    );
  });

  it('keep the time of their last change, and conditions of others', () => {
    const lastTransitionTime = '2020-01-01T00:00:00Z';
    const conditions = [
      { type: 'Ready', status: 'True', lastTransitionTime },
      { type: 'ContainersReady', status: 'False', lastTransitionTime },
      { type: 'example.com/gate', status: 'False', lastTransitionTime },
    ];
    const after = status({ pod: podOf({}, { conditions }), containers: [record('app', 'running')] });
    const time = (type: string) => after.conditions?.find((one) => one.type === type)?.lastTransitionTime;
    expect(time('Ready')).toBe(lastTransitionTime);
    expect(time('ContainersReady')).toBe('2026-01-01T00:00:00Z');
    expect(time('example.com/gate')).toBe(lastTransitionTime);
  });

  it('wait for readiness gates', () => {
    const pod = podOf({ readinessGates: [{ conditionType: 'example.com/gate' }] });
    const closed = status({ pod, containers: [record('app', 'running')] });
    expect([condition(closed, 'ContainersReady'), condition(closed, 'Ready')]).toEqual(['True', 'False']);
  });
});

describe('the status of a container', () => {
  it('tells a crash loop with its delay, and what was before', () => {
    const pod = podOf({ containers: [{ name: 'crasher', image: 'i' }] });
    const [crasher] =
      status({ pod, containers: [record('crasher', 'exited', { attempt: 3, exitCode: 2 })] }).containerStatuses ?? [];
    expect(crasher?.state?.waiting).toEqual({
      reason: 'CrashLoopBackOff',
      message: 'back-off 1m20s restarting failed container=crasher pod=p_n(u)',
    });
    expect(crasher).toMatchObject({
      restartCount: 3,
      ready: false,
      lastState: { terminated: { exitCode: 2, reason: 'Error' } },
    });
  });

  it('tells why it waits', () => {
    const waiting = new Map([['app', { reason: 'ErrImagePull', message: 'm' }]]);
    expect(status({ waiting }).containerStatuses?.[0]?.state).toEqual({
      waiting: { reason: 'ErrImagePull', message: 'm' },
    });
    expect(status({}).containerStatuses?.[0]?.state).toEqual({ waiting: { reason: 'ContainerCreating' } });
  });

  it('names what memory killed, and what could not be started', () => {
    const killed = status({
      pod: podOf({ restartPolicy: 'Never' }),
      containers: [record('app', 'exited', { exitCode: 137, oomKilled: true })],
    });
    expect(killed.containerStatuses?.[0]?.state?.terminated?.reason).toBe('OOMKilled');
    const broken = record('app', 'exited', { exitCode: 128, startedAtMs: 0, error: 'no such file' });
    const unstartable = status({ pod: podOf({ restartPolicy: 'Never' }), containers: [broken] });
    expect(unstartable.containerStatuses?.[0]?.state?.terminated).toMatchObject({
      reason: 'StartError',
      message: 'no such file',
    });
  });
});

describe('the patch of a status', () => {
  it('is none when nothing changed, and names only what did, guarded by the uid', () => {
    const first = status({ containers: [record('app', 'running')] });
    const pod = podOf({}, first);
    expect(statusPatch(pod, first)).toBeUndefined();
    const changed: PodStatus = { ...first, phase: 'Failed', reason: 'Evicted' };
    expect(statusPatch(pod, changed)).toEqual({
      metadata: { uid: 'u' },
      status: { phase: 'Failed', reason: 'Evicted' },
    });
    expect(statusPatch(podOf({}, changed), first)).toEqual({
      metadata: { uid: 'u' },
      status: { phase: 'Running', reason: null },
    });
  });

  it('takes out an address that is gone', () => {
    const patch = statusPatch(podOf({}, { podIP: '1.1.1.1', podIPs: [{ ip: '1.1.1.1' }] }), {
      podIP: '2.2.2.2',
      podIPs: [{ ip: '2.2.2.2' }],
    });
    expect(patch).toMatchObject({
      status: { podIP: '2.2.2.2', podIPs: [{ ip: '2.2.2.2' }, { ip: '1.1.1.1', $patch: 'delete' }] },
    });
  });
});

describe('probes', () => {
  it('change their result after the threshold of equal answers', () => {
    const probe = { failureThreshold: 2, successThreshold: 2 };
    const results: (boolean | undefined)[] = [];
    let run = FIRST_RUN;
    for (const answer of [true, true, false, true, false, false, true, true]) {
      run = afterAnswer(run, probe, answer);
      results.push(run.result);
    }
    expect(results).toEqual([undefined, true, true, true, true, false, false, true]);
  });

  it('hold readiness and liveness back until the startup probe passed', () => {
    const probes = { startup: {}, readiness: undefined, liveness: {} };
    const runs = (startup: boolean | undefined, liveness: boolean | undefined) => ({
      startup: { ...FIRST_RUN, result: startup },
      readiness: FIRST_RUN,
      liveness: { ...FIRST_RUN, result: liveness },
    });
    expect(verdictOf(probes, runs(undefined, false))).toEqual({ started: false, ready: false, failed: undefined });
    expect(verdictOf(probes, runs(false, undefined))).toEqual({ started: false, ready: false, failed: 'startup' });
    expect(verdictOf(probes, runs(true, false))).toEqual({ started: true, ready: true, failed: 'liveness' });
  });
});

describe('the quality of service', () => {
  const limits = { cpu: '1', memory: '1Gi' };
  it.each<[string, NonNullable<Pod['spec']>['containers'], string]>([
    ['without any figure', [{ name: 'a' }], 'BestEffort'],
    ['with limits for all', [{ name: 'a', resources: { limits } }], 'Guaranteed'],
    [
      'with equal requests written otherwise',
      [{ name: 'a', resources: { limits, requests: { cpu: '1000m', memory: '1024Mi' } } }],
      'Guaranteed',
    ],
    ['with smaller requests', [{ name: 'a', resources: { limits, requests: { cpu: '500m' } } }], 'Burstable'],
    ['with one container without', [{ name: 'a', resources: { limits } }, { name: 'b' }], 'Burstable'],
  ])('%s', (_title, containers, expected) => {
    expect(qosClassOf({ containers })).toBe(expected);
  });
});
