// Jobs: pods that run until enough of them have succeeded. Unless a user insists on a selector, the server makes one from
// the job's uid, so that no two jobs ever share a pod.
import type { KubeObject } from '../../object.ts';
import type { Job, JobSpec } from '../../types.ts';
import { JOB_LABELS, validateJob, validateJobUpdate } from '../../validation/job.ts';
import { validateJobStatusUpdate } from '../../validation/job-status.ts';
import { AGE_COLUMN, column, defineResource, humanDuration, NAME_COLUMN, statusOf } from '../define.ts';
import { defaultTemplate, keepStatus } from '../strategies.ts';
import { TEMPLATE_COLUMNS } from '../template-columns.ts';

const ORPHANS_WARNING =
  'child pods are preserved by default when jobs are deleted; set propagationPolicy=Background to remove them or set propagationPolicy=Orphan to suppress this warning';

export const JOBS = defineResource({
  group: 'batch',
  version: 'v1',
  plural: 'jobs',
  kind: 'Job',
  namespaced: true,
  categories: ['all'],
  subresources: [statusOf('batch', 'v1', 'Job')],
  columns: [
    NAME_COLUMN,
    column<Job>('Status', statusText),
    column<Job>('Completions', completionsText),
    column<Job>('Duration', durationText),
    AGE_COLUMN,
    ...TEMPLATE_COLUMNS,
  ],
  strategy: {
    hasGeneration: true,
    orphansDependents: true,
    orphansWarning: ORPHANS_WARNING,
    prepareForCreate,
    prepareForUpdate: (object, old) => keepStatus(object, old, {}),
    applyDefaults,
    validate: (object) => validateJob(object as Job),
    validateUpdate: (object, old) => validateJobUpdate(object as Job, old as Job),
    validateStatusUpdate: (object, old) => validateJobStatusUpdate(object as Job, old as Job),
    selectableFields: (object) => ({ 'status.successful': String((object as Job).status?.succeeded ?? 0) }),
    selectableFieldNames: ['status.successful'],
  },
});

function prepareForCreate(object: KubeObject): void {
  const job = object as Job;
  job.status = {};
  if (job.spec !== undefined && job.spec.manualSelector !== true) generateSelector(job, job.spec);
}

/** What a user has set is left, and refused by validation when it contradicts. */
function generateSelector({ metadata }: Job, spec: JobSpec): void {
  const { uid = '', name = '' } = metadata ?? {};
  const generated = {
    [JOB_LABELS.name]: name,
    [JOB_LABELS.legacyName]: name,
    [JOB_LABELS.uid]: uid,
    [JOB_LABELS.legacyUid]: uid,
  };
  if (spec.template !== undefined) {
    const labels = { ...generated, ...spec.template.metadata?.labels };
    spec.template.metadata = { ...spec.template.metadata, labels };
  }
  spec.selector = { ...spec.selector, matchLabels: { [JOB_LABELS.uid]: uid, ...spec.selector?.matchLabels } };
}

const BACKOFF_LIMIT = 6;
/** With limits for each index, the limit for all of them is out of the way. */
const NO_BACKOFF_LIMIT = 2 ** 31 - 1;

function applyDefaults(object: KubeObject): void {
  const job = object as Job;
  const { spec } = job;
  if (spec === undefined) return;
  if (spec.completions === undefined && spec.parallelism === undefined) spec.completions = 1;
  spec.parallelism ??= 1;
  spec.backoffLimit ??= spec.backoffLimitPerIndex === undefined ? BACKOFF_LIMIT : NO_BACKOFF_LIMIT;
  spec.completionMode ||= 'NonIndexed';
  spec.suspend ??= false;
  spec.manualSelector ??= false;
  spec.podReplacementPolicy ||= spec.podFailurePolicy === undefined ? 'TerminatingOrFailed' : 'Failed';
  for (const rule of spec.podFailurePolicy?.rules ?? [])
    for (const pattern of rule.onPodConditions ?? []) pattern.status ||= 'True';
  defaultTemplate(spec);
  const labels = spec.template?.metadata?.labels;
  if (labels !== undefined && Object.keys(job.metadata?.labels ?? {}).length === 0)
    job.metadata = { ...job.metadata, labels: { ...labels } };
}

function statusText({ metadata, status }: Job): string {
  const holds = (type: string): boolean =>
    status?.conditions?.some((condition) => condition.type === type && condition.status === 'True') ?? false;
  if (holds('Complete')) return 'Complete';
  if (holds('Failed')) return 'Failed';
  if (metadata?.deletionTimestamp !== undefined) return 'Terminating';
  return ['Suspended', 'FailureTarget', 'SuccessCriteriaMet'].find(holds) ?? 'Running';
}

function completionsText({ spec, status }: Job): string {
  const succeeded = status?.succeeded ?? 0;
  if (spec?.completions !== undefined) return `${succeeded}/${spec.completions}`;
  const parallelism = spec?.parallelism ?? 0;
  return parallelism > 1 ? `${succeeded}/1 of ${parallelism}` : `${succeeded}/1`;
}

function durationText({ status }: Job, nowMs: number): string {
  if (status?.startTime === undefined) return '';
  const endMs = status.completionTime === undefined ? nowMs : Date.parse(status.completionTime);
  return humanDuration(endMs - Date.parse(status.startTime));
}
