// Jobs and cron jobs: what is stored, what may change, what is refused with which words, and what kubectl shows of them.
import { describe, expect, test } from 'vitest';
import { admitDecoded, type CronJob, decodeBody, type Job } from '../../src/api/index.ts';
import { cellsOf, created, failure, reported, resource, schema, updated } from './support.ts';

const JOBS = resource('batch', 'jobs');
const CRON_JOBS = resource('batch', 'cronjobs');

const labels = { app: 'web' };
const container = { name: 'main', image: 'busybox:1.35' };
const once = { spec: { containers: [container], restartPolicy: 'Never' } };

const job = (spec: object = {}): object => ({ metadata: { name: 'pi' }, spec: { template: once, ...spec } });
const cronJob = (spec: object = {}, name = 'tick'): object => ({
  metadata: { name },
  spec: { schedule: '*/5 * * * *', jobTemplate: { spec: { template: once } }, ...spec },
});
const indexed = (spec: object = {}): object =>
  job({ completionMode: 'Indexed', completions: 3, parallelism: 3, ...spec });

describe('a job', () => {
  const generated = {
    'batch.kubernetes.io/controller-uid': 'uid-1',
    'batch.kubernetes.io/job-name': 'pi',
    'controller-uid': 'uid-1',
    'job-name': 'pi',
  };

  test('gets a selector of its own, the labels that go with it, and its defaults', () => {
    const stored = created<Job>(JOBS, { ...job(), status: { active: 4 } });
    expect(stored.spec).toMatchObject({
      completions: 1,
      parallelism: 1,
      backoffLimit: 6,
      completionMode: 'NonIndexed',
      suspend: false,
      manualSelector: false,
      podReplacementPolicy: 'TerminatingOrFailed',
      selector: { matchLabels: { 'batch.kubernetes.io/controller-uid': 'uid-1' } },
    });
    expect(stored.spec?.template?.metadata?.labels).toEqual(generated);
    expect(stored.metadata).toMatchObject({ generation: 1, labels: generated });
    expect(stored.status).toEqual({});
  });

  test('counts completions by parallelism where only that is given, and backs off by index where asked to', () => {
    expect(created<Job>(JOBS, job({ parallelism: 2 })).spec?.completions).toBeUndefined();
    expect(created<Job>(JOBS, indexed({ backoffLimitPerIndex: 0 })).spec?.backoffLimit).toBe(2_147_483_647);
    const rules = [{ action: 'Ignore', onPodConditions: [{ type: 'DisruptionTarget' }] }];
    expect(created<Job>(JOBS, job({ podFailurePolicy: { rules } })).spec).toMatchObject({
      podReplacementPolicy: 'Failed',
      podFailurePolicy: { rules: [{ onPodConditions: [{ type: 'DisruptionTarget', status: 'True' }] }] },
    });
  });

  test('takes a selector of the user where that is asked for', () => {
    const template = { ...once, metadata: { labels } };
    const stored = created<Job>(JOBS, job({ manualSelector: true, selector: { matchLabels: labels }, template }));
    expect(stored.spec?.selector).toEqual({ matchLabels: labels });
    expect(stored.spec?.template?.metadata?.labels).toEqual(labels);
  });

  const always = { spec: { containers: [container] } };
  const policy = (rule: object): object => ({ podFailurePolicy: { rules: [rule] } });
  test.each<[string, object, string]>([
    [
      'pods that never end',
      job({ template: always }),
      'spec.template.spec.restartPolicy: Required value: valid values: "OnFailure", "Never"',
    ],
    [
      'a selector of others',
      job({ selector: { matchLabels: labels } }),
      'spec.selector: Invalid value: {"matchLabels":{',
    ],
    [
      'labels of another job',
      job({ template: { ...once, metadata: { labels: { 'job-name': 'x' } } } }),
      'spec.template.metadata.labels[job-name]: Invalid value: {',
    ],
    ['a negative count', job({ parallelism: -1 }), 'spec.parallelism: Invalid value: -1'],
    [
      'indexes without a number',
      job({ completionMode: 'Indexed', parallelism: 1 }),
      'spec.completions: Required value: when completion mode is Indexed',
    ],
    ['another mode', job({ completionMode: 'Any' }), 'supported values: "Indexed", "NonIndexed"'],
    [
      'a limit for indexes it lacks',
      job({ backoffLimitPerIndex: 1 }),
      'spec.backoffLimitPerIndex: Invalid value: 1: requires indexed completion mode',
    ],
    [
      'too many at once',
      indexed({ parallelism: 100_001 }),
      'must be less than or equal to 100000 when completion mode is Indexed',
    ],
    [
      'failed indexes without their limit',
      indexed({ maxFailedIndexes: 1 }),
      'spec.backoffLimitPerIndex: Required value: when maxFailedIndexes is specified',
    ],
    [
      'a manager without a domain',
      job({ managedBy: 'me' }),
      'spec.managedBy: Invalid value: "me": must be a domain-prefixed path (such as "acme.io/foo")',
    ],
    [
      'a rule of nothing',
      job(policy({ action: 'Ignore' })),
      'spec.podFailurePolicy.rules[0]: Invalid value: specifying one of OnExitCodes and OnPodConditions is required',
    ],
    [
      'exit codes out of order',
      job(policy({ action: 'FailJob', onExitCodes: { operator: 'In', values: [3, 2] } })),
      'onExitCodes.values: Invalid value: [3,2]: must be ordered',
    ],
    [
      'exit code 0 as a failure',
      job(policy({ action: 'FailJob', onExitCodes: { operator: 'In', values: [0] } })),
      'onExitCodes.values[0]: Invalid value: 0: must not be 0 for the In operator',
    ],
    [
      'a failure policy for pods that restart',
      job({
        ...policy({ action: 'Ignore', onExitCodes: { operator: 'In', values: [1] } }),
        template: { spec: { ...once.spec, restartPolicy: 'OnFailure' } },
      }),
      'only "Never" is supported when podFailurePolicy is specified',
    ],
    [
      'success of more than there is',
      indexed({ successPolicy: { rules: [{ succeededCount: 4 }] } }),
      'must be less than or equal to 3 (the number of specified completions)',
    ],
    [
      'success of indexes that overlap',
      indexed({ successPolicy: { rules: [{ succeededIndexes: '0-1,1' }] } }),
      'error parsing succeededIndexes: non-increasing order, previous: 1, current: 1',
    ],
    [
      'host names that are too long',
      { metadata: { name: 'x'.repeat(62) }, spec: { template: once, completionMode: 'Indexed', completions: 2 } },
      'will not able to create pod with invalid DNS label',
    ],
  ])('is refused with %s', (_, body, message) => {
    expect(failure(() => created(JOBS, body))).toContain(message);
  });

  const change =
    (fields: object) =>
    ({ spec }: Job): void =>
      void Object.assign(spec ?? {}, fields);
  const placed = (stored: Job, more: object = {}): object => ({
    template: {
      ...stored.spec?.template,
      spec: { ...stored.spec?.template?.spec, nodeSelector: { disk: 'fast' }, ...more },
    },
  });

  test('may be scaled and suspended, but keeps template, selector and completions', () => {
    const stored = created<Job>(JOBS, job());
    expect(updated(JOBS, stored, change({ parallelism: 4, suspend: true })).metadata?.generation).toBe(2);
    expect(failure(() => updated(JOBS, stored, change({ completions: 2 })))).toContain(
      'spec.completions: Invalid value: 2: field is immutable',
    );
    expect(failure(() => updated(JOBS, stored, change(placed(stored))))).toMatch(
      /spec\.template: Invalid value: .*: field is immutable/,
    );
    expect(
      failure(() =>
        updated(JOBS, stored, change({ manualSelector: true, selector: { matchLabels: { 'job-name': 'pi' } } })),
      ),
    ).toContain('spec.selector: Invalid value: {"matchLabels":{"job-name":"pi"}}: field is immutable');
  });

  test('may be placed elsewhere and resized while it is suspended and has no pods', () => {
    const stored = created<Job>(JOBS, job({ suspend: true }));
    const affinity = {
      nodeAffinity: {
        requiredDuringSchedulingIgnoredDuringExecution: {
          nodeSelectorTerms: [{ matchExpressions: [{ key: 'a', operator: 'Exists' }] }],
        },
      },
    };
    const resized = { containers: [{ ...container, resources: { limits: { cpu: '2' } } }] };
    const moved = updated(JOBS, stored, change(placed(stored, { affinity, ...resized })));
    expect(moved.spec?.template?.spec).toMatchObject({ nodeSelector: { disk: 'fast' }, affinity });
    expect(updated(JOBS, moved, ({ spec }) => void delete spec?.template?.spec?.affinity).metadata?.generation).toBe(3);
    const image = { containers: [{ ...container, image: 'other:1' }] };
    expect(failure(() => updated(JOBS, stored, change(placed(stored, image))))).toContain('field is immutable');
    const active = { ...stored, status: { active: 1 } };
    expect(failure(() => updated(JOBS, active, change(placed(stored))))).toContain('field is immutable');
  });

  test('with indexes may grow and shrink, completions with parallelism', () => {
    const stored = created<Job>(JOBS, indexed());
    expect(updated(JOBS, stored, change({ completions: 5, parallelism: 5 })).spec?.completions).toBe(5);
    expect(failure(() => updated(JOBS, stored, change({ completions: 5 })))).toContain(
      'spec.completions: Invalid value: 5: can only be modified in tandem with spec.parallelism',
    );
  });

  const condition = (...types: string[]): object => ({ conditions: types.map((type) => ({ type, status: 'True' })) });
  const start = '2026-01-02T03:04:05Z';
  test('has a status that goes forward', () => {
    const stored = created<Job>(JOBS, job());
    const running = reported(JOBS, stored, { startTime: start, active: 1, ready: 1, failed: 1 });
    const done = {
      startTime: start,
      completionTime: '2026-01-02T03:05:05Z',
      failed: 1,
      succeeded: 1,
      ...condition('SuccessCriteriaMet', 'Complete'),
    };
    const complete = reported(JOBS, running, done);
    expect(complete.spec).toEqual(stored.spec);
    expect(complete.status).toEqual(done);
    expect(failure(() => reported(JOBS, complete, { ...done, conditions: [] }))).toContain(
      'status.conditions: Invalid value: cannot disable the terminal Complete=True condition',
    );
  });

  test.each<[string, object, string]>([
    ['a negative count', { active: -1 }, 'status.active: Invalid value: -1'],
    ['more ready than active', { ready: 1 }, 'status.ready: Invalid value: 1: cannot set more ready pods than active'],
    ['fewer failures than before', { startTime: start, failed: 0 }, 'cannot decrease the failed counter'],
    [
      'a pod counted twice',
      { uncountedTerminatedPods: { succeeded: ['a'], failed: ['a'] } },
      'uncountedTerminatedPods.failed[0]: Duplicate value: "a"',
    ],
    ['success and failure', condition('Complete', 'Failed'), 'cannot set Complete=True and Failed=true conditions'],
    [
      'an end without a condition',
      { completionTime: start },
      'cannot set completionTime when there is no Complete=True condition',
    ],
    [
      'a failure without its announcement',
      condition('Failed'),
      'cannot set Failed=True condition without the FailureTarget=true condition',
    ],
    [
      'indexes that it has not',
      { completedIndexes: '0' },
      'cannot set non-empty completedIndexes when non-indexed completion mode',
    ],
    [
      'another start',
      { startTime: '2026-01-02T03:05:05Z' },
      'status.startTime: Required value: startTime cannot be removed for unsuspended job',
    ],
  ])('is refused a status with %s', (_, status, message) => {
    const running = reported(JOBS, created<Job>(JOBS, job()), { startTime: start, failed: 1 });
    expect(failure(() => reported(JOBS, running, { failed: 1, startTime: start, ...status }))).toContain(message);
  });
});

describe('a cron job', () => {
  test('gets its policy and its limits, and leaves the spec of its jobs for them', () => {
    const stored = created<CronJob>(CRON_JOBS, cronJob());
    expect(stored.spec).toMatchObject({
      concurrencyPolicy: 'Allow',
      suspend: false,
      successfulJobsHistoryLimit: 3,
      failedJobsHistoryLimit: 1,
    });
    expect(stored.spec?.jobTemplate?.spec?.parallelism).toBeUndefined();
    expect(stored.status).toEqual({});
    expect(
      updated(CRON_JOBS, stored, ({ spec }) => Object.assign(spec ?? {}, { suspend: true })).metadata?.generation,
    ).toBe(2);
  });

  test.each([
    '* * * * *',
    '0 0 1 1 0',
    '*/15 9-17 * JAN-jun mon-Fri',
    '5/10 ? * * ?',
    '1,2,,3 0 * * *',
    '@hourly',
    '@every 1h30m',
    '@every -1.5s',
  ])('may have the schedule %s', (schedule) => {
    expect(created<CronJob>(CRON_JOBS, cronJob({ schedule })).spec?.schedule).toBe(schedule);
  });

  test.each<[string, string]>([
    ['', 'spec.schedule: Required value'],
    ['* * * *', 'spec.schedule: Invalid value: "* * * *": expected exactly 5 fields, found 4: [* * * *]'],
    ['60 * * * *', 'end of range (60) above maximum (59): 60'],
    ['* * 0 * *', 'beginning of range (0) below minimum (1): 0'],
    ['* 5-2 * * *', 'beginning of range (5) beyond end of range (2): 5-2'],
    ['* * * * 7', 'end of range (7) above maximum (6): 7'],
    ['*/0 * * * *', 'step of range should be a positive number: */0'],
    ['1-2-3 * * * *', 'too many hyphens: 1-2-3'],
    ['1/2/3 * * * *', 'too many slashes: 1/2/3'],
    ['x * * * *', 'failed to parse int from x: strconv.Atoi: parsing "x": invalid syntax'],
    ['@never', 'unrecognized descriptor: @never'],
    ['@every 1', 'failed to parse duration @every 1: time: missing unit in duration "1"'],
    ['@every 1y', 'time: unknown unit "y" in duration "1y"'],
    ['TZ=UTC * * * * *', 'cannot use TZ or CRON_TZ in schedule, use timeZone field instead'],
    ['CRON_TZ=Nowhere/City * * * * *', 'provided bad location Nowhere/City: unknown time zone Nowhere/City'],
  ])('is refused the schedule %j', (schedule, message) => {
    expect(failure(() => created(CRON_JOBS, cronJob({ schedule })))).toContain(message);
  });

  test.each<[string, object, string]>([
    [
      'a time zone that is none',
      { timeZone: 'Mars/Base' },
      'spec.timeZone: Invalid value: "Mars/Base": unknown time zone Mars/Base',
    ],
    ['an offset', { timeZone: '+01' }, 'unknown time zone +01'],
    ['an empty time zone', { timeZone: '' }, 'timeZone must be nil or non-empty string'],
    [
      'the local time',
      { timeZone: 'Local' },
      'timeZone must be an explicit time zone as defined in https://www.iana.org/time-zones',
    ],
    [
      'another policy',
      { concurrencyPolicy: 'Queue' },
      'spec.concurrencyPolicy: Unsupported value: "Queue": supported values: "Allow", "Forbid", "Replace"',
    ],
    ['a negative limit', { failedJobsHistoryLimit: -1 }, 'spec.failedJobsHistoryLimit: Invalid value: -1'],
    [
      'a selector',
      { jobTemplate: { spec: { template: once, selector: { matchLabels: labels } } } },
      'spec.jobTemplate.spec.selector: Invalid value: {"matchLabels":{"app":"web"}}: `selector` will be auto-generated',
    ],
    [
      'jobs that never end',
      { jobTemplate: { spec: { template: { spec: { containers: [container] } } } } },
      'spec.jobTemplate.spec.template.spec.restartPolicy: Required value: valid values: "OnFailure", "Never"',
    ],
  ])('is refused with %s', (_, spec, message) => {
    expect(failure(() => created(CRON_JOBS, cronJob(spec)))).toContain(message);
  });

  test('may be in any time zone there is, and has a name that leaves room for its jobs', () => {
    expect(created<CronJob>(CRON_JOBS, cronJob({ timeZone: 'Europe/Berlin' })).spec?.timeZone).toBe('Europe/Berlin');
    expect(failure(() => created(CRON_JOBS, cronJob({}, 'x'.repeat(53))))).toContain(
      'must be no more than 52 characters',
    );
  });
});

describe('in a table', () => {
  const nowMs = Date.UTC(2026, 0, 2);
  const spec = {
    selector: { matchLabels: labels },
    template: { spec: { containers: [container], nodeSelector: { b: '1', a: '2' } } },
  };

  test.each<[string, typeof JOBS, object, object]>([
    [
      'a job that runs',
      JOBS,
      { spec: { ...spec, parallelism: 3 }, status: { succeeded: 1, startTime: '2026-01-01T23:58:30Z' } },
      { Status: 'Running', Completions: '1/1 of 3', Duration: '90s', Selector: 'app=web' },
    ],
    [
      'a job that is complete',
      JOBS,
      {
        spec: { completions: 2 },
        status: {
          succeeded: 2,
          startTime: '2026-01-01T23:00:00Z',
          completionTime: '2026-01-01T23:00:05Z',
          conditions: [{ type: 'Complete', status: 'True' }],
        },
      },
      { Status: 'Complete', Completions: '2/2', Duration: '5s' },
    ],
    [
      'a job that is suspended',
      JOBS,
      { status: { conditions: [{ type: 'Suspended', status: 'True' }] } },
      { Status: 'Suspended', Duration: '' },
    ],
    [
      'a cron job',
      CRON_JOBS,
      {
        spec: { schedule: '@daily', suspend: false, jobTemplate: { spec } },
        status: { active: [{}], lastScheduleTime: '2026-01-01T23:59:00Z' },
      },
      {
        Schedule: '@daily',
        Timezone: '<none>',
        Suspend: 'False',
        Active: 1,
        'Last Schedule': '60s',
        Containers: 'main',
        Selector: 'app=web',
      },
    ],
    [
      'a cron job that never ran',
      CRON_JOBS,
      { spec: { timeZone: 'Etc/UTC' } },
      { Timezone: 'Etc/UTC', 'Last Schedule': '<none>', Selector: '<none>' },
    ],
  ])('%s shows what kubectl users know', (_, definition, object, expected) => {
    expect(cellsOf(definition, object, nowMs)).toMatchObject(expected);
  });
});

test('YAML that kubectl users write becomes a cron job', () => {
  const yaml = `
apiVersion: batch/v1
kind: CronJob
metadata: { name: hello }
spec:
  schedule: "* * * * *"
  jobTemplate:
    spec:
      template:
        spec:
          containers: [{ name: hello, image: busybox:1.28 }]
          restartPolicy: OnFailure
`;
  const body = decodeBody(Buffer.from(yaml), 'application/yaml');
  expect(admitDecoded(schema, CRON_JOBS, body, 'Strict').warnings).toEqual([]);
});
