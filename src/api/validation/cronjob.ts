// The rules of cron jobs: a schedule that can be read, a time zone that exists, and a template that makes valid jobs.
import type { FieldError } from '../definition.ts';
import { addFindings, invalid, notSupported, required } from '../field-error.ts';
import type { CronJob, CronJobSpec, JobTemplateSpec } from '../types.ts';
import { cronScheduleProblem, isKnownTimeZone } from './cron-schedule.ts';
import { validateJobSpec } from './job.ts';
import { notNegative, oneOf } from './numbers.ts';

/** Its jobs are called after it, with a suffix of 11 characters. */
const NAME_LIMIT = 52;

export function validateCronJob({ metadata, spec }: CronJob): FieldError[] {
  if (spec === undefined) return [required('spec.schedule'), required('spec.jobTemplate')];
  const errors = validateSchedule(spec, 'spec.schedule');
  addFindings(errors, notNegative(spec.startingDeadlineSeconds, 'spec.startingDeadlineSeconds'));
  addFindings(errors, validateTimeZone(spec.timeZone, 'spec.timeZone'));
  const policies = ['Allow', 'Forbid', 'Replace'];
  addFindings(errors, oneOf(spec.concurrencyPolicy, 'spec.concurrencyPolicy', policies, 'required'));
  addFindings(errors, validateJobTemplate(spec.jobTemplate, 'spec.jobTemplate'));
  addFindings(errors, notNegative(spec.successfulJobsHistoryLimit, 'spec.successfulJobsHistoryLimit'));
  addFindings(errors, notNegative(spec.failedJobsHistoryLimit, 'spec.failedJobsHistoryLimit'));
  const name = metadata?.name ?? '';
  if (name.length > NAME_LIMIT)
    errors.push(invalid('metadata.name', name, `must be no more than ${NAME_LIMIT} characters`));
  return errors;
}

function validateSchedule({ schedule }: CronJobSpec, at: string): FieldError[] {
  if (!schedule) return [required(at)];
  const problem = cronScheduleProblem(schedule);
  const errors = problem === undefined ? [] : [invalid(at, schedule, problem)];
  if (!schedule.includes('TZ')) return errors;
  return [...errors, invalid(at, schedule, 'cannot use TZ or CRON_TZ in schedule, use timeZone field instead')];
}

/** The names of the time zone database, part by part; digits and plus are in some old ones. */
const ZONE_PART = /^(?!\.{1,2}$|-)[A-Za-z._0-9+-]{1,14}$/;

function validateTimeZone(zone: string | undefined, at: string): FieldError[] {
  if (zone === undefined) return [];
  if (zone === '') return [invalid(at, zone, 'timeZone must be nil or non-empty string')];
  const unknown = invalid(at, zone, `unknown time zone ${zone}`);
  if (!zone.split('/').every((part) => ZONE_PART.test(part))) return [unknown];
  if (zone.toLowerCase() === 'local') {
    const detail = 'timeZone must be an explicit time zone as defined in https://www.iana.org/time-zones';
    return [invalid(at, zone, detail)];
  }
  return isKnownTimeZone(zone) ? [] : [unknown];
}

function validateJobTemplate(template: JobTemplateSpec | undefined, at: string): FieldError[] {
  const spec = template?.spec;
  if (spec === undefined) return [required(`${at}.spec.template.spec.containers`)];
  const errors = validateJobSpec(spec, `${at}.spec`);
  if (spec.selector !== undefined)
    errors.push(invalid(`${at}.spec.selector`, spec.selector, '`selector` will be auto-generated'));
  if (spec.manualSelector === true) errors.push(notSupported(`${at}.spec.manualSelector`, true, ['nil', 'false']));
  return errors;
}
