// The rules of a job's status, whoever reports it: counts that are counts, and conditions that do not contradict each
// other or take back what is final.
import type { FieldError } from '../definition.ts';
import { addFindings, duplicate, invalid, invalidWithoutValue, required } from '../field-error.ts';
import { equalJson } from '../json.ts';
import type { Job, JobStatus } from '../types.ts';
import { parseIndexes } from './indexes.ts';
import { notNegative } from './numbers.ts';

const COUNTS = ['active', 'succeeded', 'failed', 'ready', 'terminating'] as const;

export function validateJobStatusUpdate(job: Job, { status: old = {} }: Job): FieldError[] {
  const { status = {} } = job;
  const errors = COUNTS.flatMap((field) => notNegative(status[field], `status.${field}`));
  addFindings(errors, validateUncounted(status));
  addFindings(errors, validateConditions(job, status, old));
  addFindings(errors, validateIndexTexts(job, status, old));
  addFindings(errors, validateTimes(job, status, old));
  for (const field of ['failed', 'succeeded'] as const) {
    const count = status[field] ?? 0;
    if (count < (old[field] ?? 0))
      errors.push(invalid(`status.${field}`, count, `cannot decrease the ${field} counter`));
  }
  const changed = status.ready !== old.ready || status.active !== old.active;
  if (changed && (status.ready ?? 0) > (status.active ?? 0))
    errors.push(invalid('status.ready', status.ready, 'cannot set more ready pods than active'));
  return errors;
}

function validateUncounted({ uncountedTerminatedPods }: JobStatus): FieldError[] {
  const errors: FieldError[] = [];
  const seen = new Set<string>();
  for (const list of ['succeeded', 'failed'] as const) {
    for (const [index, uid] of (uncountedTerminatedPods?.[list] ?? []).entries()) {
      const at = `status.uncountedTerminatedPods.${list}[${index}]`;
      if (uid === '') addFindings(errors, [invalid(at, uid, 'must not be empty')]);
      else if (seen.has(uid)) addFindings(errors, [duplicate(at, uid)]);
      seen.add(uid);
    }
  }
  return errors;
}

function holds({ conditions }: JobStatus, type: string): boolean {
  return conditions?.some((condition) => condition.type === type && condition.status === 'True') ?? false;
}

const isFinished = (status: JobStatus): boolean => holds(status, 'Complete') || holds(status, 'Failed');

function validateConditions({ spec }: Job, status: JobStatus, old: JobStatus): FieldError[] {
  const problems: string[] = [];
  const complete = holds(status, 'Complete');
  const failed = holds(status, 'Failed');
  const met = holds(status, 'SuccessCriteriaMet');
  const failing = holds(status, 'FailureTarget');
  // What was stored before is not refused when something else changes.
  if (complete && failed && !(holds(old, 'Complete') && holds(old, 'Failed')))
    problems.push('cannot set Complete=True and Failed=true conditions');
  if (complete && failing && !(holds(old, 'Complete') && holds(old, 'FailureTarget')))
    problems.push('cannot set Complete=True and FailureTarget=true conditions');
  if (met && failed) problems.push('cannot set SuccessCriteriaMet=True and Failed=true conditions');
  if (met && failing) problems.push('cannot set SuccessCriteriaMet=True and FailureTarget=true conditions');
  if (spec?.successPolicy !== undefined && complete && !met)
    problems.push('cannot set Complete=True for Job with SuccessPolicy unless SuccessCriteriaMet=True');
  for (const type of ['Failed', 'Complete', 'FailureTarget'])
    if (holds(old, type) && !holds(status, type)) problems.push(`cannot disable the terminal ${type}=True condition`);
  if (holds(old, 'SuccessCriteriaMet') && !met) problems.push('cannot disable the SuccessCriteriaMet=True condition');
  if (holds(old, 'Complete') && !holds(old, 'SuccessCriteriaMet') && met)
    problems.push('cannot set SuccessCriteriaMet=True for Job already has Complete=true conditions');
  if (!isFinished(old)) {
    if (failed && !failing) problems.push('cannot set Failed=True condition without the FailureTarget=true condition');
    if (complete && !met)
      problems.push('cannot set Complete=True condition without the SuccessCriteriaMet=true condition');
  }
  return problems.map((problem) => invalidWithoutValue('status.conditions', problem));
}

function validateIndexTexts({ spec }: Job, status: JobStatus, old: JobStatus): FieldError[] {
  const errors: FieldError[] = [];
  for (const field of ['completedIndexes', 'failedIndexes'] as const) {
    const text = status[field];
    if (text === undefined || text === old[field]) continue;
    const problem = spec?.completions === undefined ? 0 : parseIndexes(text, spec.completions);
    if (typeof problem === 'string')
      errors.push(invalid(`status.${field}`, text, `error parsing ${field}: ${problem}`));
  }
  if (
    status.completedIndexes &&
    status.completedIndexes !== old.completedIndexes &&
    spec?.completionMode !== 'Indexed'
  ) {
    const detail = 'cannot set non-empty completedIndexes when non-indexed completion mode';
    errors.push(invalid('status.completedIndexes', status.completedIndexes, detail));
  }
  if (
    status.failedIndexes !== undefined &&
    status.failedIndexes !== old.failedIndexes &&
    spec?.backoffLimitPerIndex === undefined
  ) {
    const detail = 'cannot set non-null failedIndexes when backoffLimitPerIndex is null';
    errors.push(invalid('status.failedIndexes', status.failedIndexes, detail));
  }
  return errors;
}

function validateTimes({ spec }: Job, status: JobStatus, old: JobStatus): FieldError[] {
  const errors: FieldError[] = [];
  const { startTime, completionTime } = status;
  const at = 'status.completionTime';
  const finishing = isFinished(status) && !isFinished(old);
  if (!equalJson(completionTime, old.completionTime)) {
    if (completionTime !== undefined && !holds(status, 'Complete')) {
      const detail = 'cannot set completionTime when there is no Complete=True condition';
      errors.push(invalid(at, completionTime, detail));
    }
    if (completionTime !== undefined && old.completionTime !== undefined)
      errors.push(invalid(at, completionTime, 'completionTime cannot be mutated'));
    if (completionTime !== undefined && startTime !== undefined && Date.parse(completionTime) < Date.parse(startTime))
      errors.push(invalid(at, completionTime, 'completionTime cannot be set before startTime'));
  }
  if (completionTime === undefined && holds(status, 'Complete') && (finishing || old.completionTime !== undefined))
    errors.push(required(at, 'completionTime is required for Complete jobs'));
  if (finishing && startTime === undefined)
    errors.push(required('status.startTime', 'startTime is required for finished job'));
  if (finishing && (status.active ?? 0) > 0)
    errors.push(invalid('status.active', status.active, 'active>0 is invalid for finished job'));
  if (finishing && (status.terminating ?? 0) > 0)
    errors.push(invalid('status.terminating', status.terminating, 'terminating>0 is invalid for finished job'));
  if (old.startTime !== undefined && startTime !== old.startTime && spec?.suspend !== true)
    errors.push(required('status.startTime', 'startTime cannot be removed for unsuspended job'));
  return errors;
}
