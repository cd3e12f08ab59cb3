// Cron jobs: a job of the template at each time of a schedule.
import type { KubeObject } from '../../object.ts';
import type { CronJob } from '../../types.ts';
import { validateCronJob } from '../../validation/cronjob.ts';
import { AGE_COLUMN, ageOf, column, defineResource, NAME_COLUMN, statusOf } from '../define.ts';
import { defaultTemplate, keepStatus } from '../strategies.ts';
import { containerColumns, selectorColumn } from '../template-columns.ts';

export const CRON_JOBS = defineResource({
  group: 'batch',
  version: 'v1',
  plural: 'cronjobs',
  kind: 'CronJob',
  namespaced: true,
  shortNames: ['cj'],
  categories: ['all'],
  subresources: [statusOf('batch', 'v1', 'CronJob')],
  columns: [
    NAME_COLUMN,
    column<CronJob>('Schedule', ({ spec }) => spec?.schedule ?? ''),
    column<CronJob>('Timezone', ({ spec }) => spec?.timeZone ?? '<none>'),
    column<CronJob>('Suspend', suspendText, { type: 'boolean' }),
    column<CronJob>('Active', ({ status }) => status?.active?.length ?? 0, { type: 'integer' }),
    column<CronJob>('Last Schedule', lastScheduleText),
    AGE_COLUMN,
    ...containerColumns<CronJob>(({ spec }) => spec?.jobTemplate?.spec?.template, { wide: true }),
    selectorColumn<CronJob>(({ spec }) => spec?.jobTemplate?.spec?.selector),
  ],
  strategy: {
    hasGeneration: true,
    prepareForCreate(object) {
      (object as CronJob).status = {};
    },
    prepareForUpdate: (object, old) => keepStatus(object, old, {}),
    applyDefaults,
    validate: (object) => validateCronJob(object as CronJob),
  },
});

function applyDefaults(object: KubeObject): void {
  const { spec } = object as CronJob;
  if (spec === undefined) return;
  spec.concurrencyPolicy ||= 'Allow';
  spec.suspend ??= false;
  spec.successfulJobsHistoryLimit ??= 3;
  spec.failedJobsHistoryLimit ??= 1;
  if (spec.jobTemplate === undefined) return;
  // What the spec leaves out is filled in when a job is made of it.
  spec.jobTemplate.metadata ??= {};
  if (spec.jobTemplate.spec !== undefined) defaultTemplate(spec.jobTemplate.spec);
}

function suspendText({ spec }: CronJob): string {
  if (spec?.suspend === undefined) return '<unset>';
  return spec.suspend ? 'True' : 'False';
}

function lastScheduleText({ status }: CronJob, nowMs: number): string {
  return status?.lastScheduleTime === undefined ? '<none>' : ageOf(status.lastScheduleTime, nowMs);
}
