// The plan of a pod, by tables: what there is, and what is to be done about it.
import { describe, expect, it } from 'vitest';
import type { Pod, Served } from '../../src/api/index.ts';
import { type Action, type PlanInput, planPod } from '../../src/kubelet/pods/plan.ts';
import type { ContainerRecord, RuntimePod } from '../../src/kubelet/runtime/port.ts';

const NOW = 1_000_000;

function pod(
  spec: Partial<NonNullable<Pod['spec']>> = {},
  rest: Partial<Served<Pod>['metadata']> = {},
  phase?: string,
): Served<Pod> {
  return {
    metadata: { name: 'p', namespace: 'n', uid: 'u', resourceVersion: '1', creationTimestamp: '', ...rest },
    spec: { containers: [{ name: 'app', image: 'i' }], ...spec },
    ...(phase === undefined ? {} : { status: { phase } }),
  };
}

function record(name: string, state: ContainerRecord['state'], rest: Partial<ContainerRecord> = {}): ContainerRecord {
  const attempt = rest.attempt ?? 0;
  return {
    id: `${name}${attempt}`,
    name,
    attempt,
    state,
    createdAtMs: 100,
    startedAtMs: state === 'created' ? 0 : 110,
    finishedAtMs: state === 'exited' ? NOW - 1_000 : 0,
    exitCode: 0,
    oomKilled: false,
    error: '',
    image: 'i',
    imageId: 'sha256:i',
    notes: { image: 'i' },
    ...rest,
  };
}

function runtime(sandbox: 'none' | 'ready' | 'dead', ...containers: ContainerRecord[]): RuntimePod {
  const sandboxes =
    sandbox === 'none' ? [] : [{ id: 's0', attempt: 0, ready: sandbox === 'ready', ip: '10.0.0.1', createdAtMs: 50 }];
  return { pod: { uid: 'u', namespace: 'n', name: 'p' }, sandboxes, containers };
}

function plan(over: Partial<PlanInput>) {
  return planPod({
    pod: pod(),
    runtime: runtime('none'),
    ending: { kind: 'none' },
    verdicts: new Map(),
    crashes: new Map(),
    notBeforeMs: new Map(),
    stopping: new Map(),
    nowMs: NOW,
    ...over,
  });
}

const brief = (action: Action): string => {
  switch (action.kind) {
    case 'start':
      return `start ${action.role} ${action.name}#${action.attempt}`;
    case 'kill':
      return `kill ${action.record.id} in ${action.graceSeconds}s`;
    case 'createSandbox':
      return `createSandbox#${action.attempt}`;
    default:
      return `${action.kind} ${action.id}`;
  }
};
const actions = (over: Partial<PlanInput>): string[] => plan(over).actions.map(brief);

const two = {
  containers: [
    { name: 'app', image: 'i' },
    { name: 'b', image: 'i' },
  ],
};
const inits = { initContainers: [{ name: 'i1' }, { name: 'i2' }] };
const side = { initContainers: [{ name: 'side', restartPolicy: 'Always' }, { name: 'i1' }] };
const failed = { started: true, ready: false, failed: 'liveness' as const };
const unstarted = { started: false, ready: false, failed: undefined };

describe('the plan of a living pod', () => {
  it.each<[string, Partial<PlanInput>, string[]]>([
    ['begins with a sandbox', {}, ['createSandbox#0']],
    [
      'starts all containers in the sandbox',
      { pod: pod(two), runtime: runtime('ready') },
      ['start app app#0', 'start app b#0'],
    ],
    ['has nothing to do when all run', { runtime: runtime('ready', record('app', 'running')) }, []],
    [
      'starts again what was created and never started',
      { runtime: runtime('ready', record('app', 'created')) },
      ['start app app#0'],
    ],
    ['starts the first init container alone', { pod: pod(inits), runtime: runtime('ready') }, ['start init i1#0']],
    ['waits for a running init container', { pod: pod(inits), runtime: runtime('ready', record('i1', 'running')) }, []],
    [
      'starts the next when one succeeded',
      { pod: pod(inits), runtime: runtime('ready', record('i1', 'exited')) },
      ['start init i2#0'],
    ],
    [
      'starts the app when all init containers succeeded',
      { pod: pod(inits), runtime: runtime('ready', record('i2', 'exited'), record('i1', 'exited')) },
      ['start app app#0'],
    ],
    [
      'starts a failed init container again',
      { pod: pod(inits), runtime: runtime('ready', record('i1', 'exited', { exitCode: 1 })) },
      ['start init i1#1'],
    ],
    [
      'needs no init container again once the app ran',
      { pod: pod(inits), runtime: runtime('ready', record('app', 'exited', { exitCode: 1 })) },
      ['start app app#1'],
    ],
    ['starts a sidecar first', { pod: pod(side), runtime: runtime('ready') }, ['start sidecar side#0']],
    [
      'goes on when a sidecar has started',
      { pod: pod(side), runtime: runtime('ready', record('side', 'running')) },
      ['start init i1#0'],
    ],
    [
      'waits for a sidecar that has not started up',
      {
        pod: pod(side),
        runtime: runtime('ready', record('side', 'running')),
        verdicts: new Map([['side0', unstarted]]),
      },
      [],
    ],
    [
      'keeps a sidecar alive beside the app',
      { pod: pod(side), runtime: runtime('ready', record('app', 'running'), record('side', 'exited')) },
      ['start sidecar side#1'],
    ],
    [
      'kills what failed its liveness probe',
      {
        pod: pod({ terminationGracePeriodSeconds: 7 }),
        runtime: runtime('ready', record('app', 'running')),
        verdicts: new Map([['app0', failed]]),
      },
      ['kill app0 in 7s'],
    ],
    [
      'kills a container whose image changed',
      { runtime: runtime('ready', record('app', 'running', { notes: { image: 'old' } })) },
      ['kill app0 in 30s'],
    ],
    [
      'starts it anew even where nothing restarts',
      {
        pod: pod({ restartPolicy: 'Never' }),
        runtime: runtime('ready', record('app', 'exited', { notes: { image: 'old' } })),
      },
      ['start app app#1'],
    ],
    [
      'makes a new sandbox when the old one died',
      { runtime: runtime('dead', record('app', 'exited')) },
      ['createSandbox#1'],
    ],
    [
      'first kills what still runs beside a dead sandbox',
      { runtime: runtime('dead', record('app', 'running')) },
      ['kill app0 in 30s'],
    ],
    [
      'does not kill twice',
      { runtime: runtime('dead', record('app', 'running')), stopping: new Map([['app0', NOW + 30_000]]) },
      [],
    ],
    [
      'starts at once after a first crash',
      { runtime: runtime('ready', record('app', 'exited', { exitCode: 1 })) },
      ['start app app#1'],
    ],
    [
      'does not try a failed step too early',
      { runtime: runtime('ready'), notBeforeMs: new Map([['app', NOW + 5]]) },
      [],
    ],
    [
      'never repeats an attempt that the API knows of',
      {
        pod: {
          ...pod(),
          status: {
            containerStatuses: [
              { name: 'app', containerID: 'x://1', restartCount: 4, image: '', imageID: '', ready: true },
            ],
          },
        },
        runtime: runtime('ready'),
      },
      ['start app app#5'],
    ],
    [
      'keeps one dead container for its log',
      {
        runtime: runtime(
          'ready',
          record('app', 'running', { attempt: 2 }),
          record('app', 'exited', { attempt: 1 }),
          record('app', 'exited'),
        ),
      },
      ['removeContainer app0'],
    ],
  ])('%s', (_title, input, expected) => {
    expect(actions(input)).toEqual(expected);
  });

  it.each([
    ['Always', 0, true],
    ['Always', 1, true],
    ['OnFailure', 0, false],
    ['OnFailure', 1, true],
    ['Never', 0, false],
    ['Never', 1, false],
  ])(
    'under %s, after exit code %i, starts another container of the pod again: %s',
    (restartPolicy, exitCode, again) => {
      const input = {
        pod: pod({ ...two, restartPolicy }),
        runtime: runtime('ready', record('b', 'running'), record('app', 'exited', { exitCode })),
      };
      expect(actions(input)).toEqual(again ? ['start app app#1'] : []);
    },
  );

  it('waits out the back-off of a container that crashed before, and says until when', () => {
    const crashes = new Map([['app', { delayMs: 20_000, updatedAtMs: NOW - 5_000 }]]);
    const waiting = plan({ runtime: runtime('ready', record('app', 'exited', { exitCode: 1 })), crashes });
    expect(waiting.actions).toEqual([]);
    expect(waiting.wakeAtMs).toBe(NOW - 1_000 + 20_000);
    expect(waiting.backingOff.get('app')).toEqual({ untilMs: NOW + 19_000, delayMs: 20_000 });
    const over = { runtime: runtime('ready', record('app', 'exited', { exitCode: 1 })), crashes, nowMs: NOW + 19_000 };
    expect(actions(over)).toEqual(['start app app#1']);
  });

  it('forgets the back-off of a container that ran for long', () => {
    const crashes = new Map([['app', { delayMs: 300_000, updatedAtMs: NOW - 700_000 }]]);
    expect(actions({ runtime: runtime('ready', record('app', 'exited', { exitCode: 1 })), crashes })).toEqual([
      'start app app#1',
    ]);
  });
});

describe('the plan of a pod that ends', () => {
  const deleted = { ending: { kind: 'deleted' } as const };
  const dying = pod({ ...side, ...two }, { deletionGracePeriodSeconds: 5 });

  it.each<[string, Partial<PlanInput>, string[]]>([
    [
      'kills the app containers, not the sidecar',
      {
        ...deleted,
        pod: dying,
        runtime: runtime('ready', record('app', 'running'), record('b', 'running'), record('side', 'running')),
      },
      ['kill app0 in 5s', 'kill b0 in 5s'],
    ],
    [
      'then the sidecar',
      { ...deleted, pod: dying, runtime: runtime('ready', record('app', 'exited'), record('side', 'running')) },
      ['kill side0 in 5s'],
    ],
    [
      'then stops the sandbox',
      { ...deleted, pod: dying, runtime: runtime('ready', record('app', 'exited'), record('side', 'exited')) },
      ['stopSandbox s0'],
    ],
    [
      'hurries when the grace became shorter',
      {
        ...deleted,
        pod: dying,
        runtime: runtime('ready', record('app', 'running')),
        stopping: new Map([['app0', NOW + 20_000]]),
      },
      ['kill app0 in 5s'],
    ],
    [
      'starts nothing any more',
      { ...deleted, runtime: runtime('ready', record('app', 'exited', { exitCode: 1 })) },
      ['stopSandbox s0'],
    ],
    [
      'ends a pod whose deadline is over',
      {
        ending: { kind: 'failed', reason: 'DeadlineExceeded', message: '' },
        runtime: runtime('ready', record('app', 'running')),
      },
      ['kill app0 in 30s'],
    ],
    [
      'ends what runs on in a pod that the API calls failed',
      { pod: pod({}, {}, 'Failed'), runtime: runtime('ready', record('app', 'running')) },
      ['kill app0 in 30s'],
    ],
    [
      'ends the sidecar of a pod whose containers are done',
      {
        pod: pod({ ...side, restartPolicy: 'Never' }),
        runtime: runtime('ready', record('app', 'exited'), record('side', 'running')),
      },
      ['kill side0 in 30s'],
    ],
    [
      'ends a pod whose init container failed for good',
      {
        pod: pod({ ...inits, restartPolicy: 'Never' }),
        runtime: runtime('ready', record('i1', 'exited', { exitCode: 1 })),
      },
      ['stopSandbox s0'],
    ],
  ])('%s', (_title, input, expected) => {
    expect(actions(input)).toEqual(expected);
  });

  it('has ended when nothing runs and nothing is left to do', () => {
    expect(plan({ ...deleted, runtime: runtime('dead', record('app', 'exited')) }).ended).toBe(true);
    expect(plan({ ...deleted, runtime: runtime('none') }).ended).toBe(true);
    expect(plan({ ...deleted, runtime: runtime('ready') }).ended).toBe(false);
    const stopping = new Map([['app0', NOW]]);
    expect(plan({ ...deleted, runtime: runtime('ready', record('app', 'running')), stopping }).ended).toBe(false);
  });
});
