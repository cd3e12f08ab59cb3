// The rules of daemon sets: a template that runs for ever, and an update strategy that replaces pods or surges, not both.
import type { FieldError } from '../definition.ts';
import { addFindings, invalid, notSupported, required } from '../field-error.ts';
import type { DaemonSet, DaemonSetUpdateStrategy } from '../types.ts';
import { atMost100Percent, countOrPercent, isZeroOrUnset, notDecremented, notNegative } from './numbers.ts';
import { validateSelected } from './template.ts';

const OWNER = { selectorName: 'daemonset', kind: 'DaemonSet' };

export function validateDaemonSet({ spec }: DaemonSet): FieldError[] {
  if (spec === undefined) return [required('spec.selector'), required('spec.template.spec.containers')];
  const errors = validateSelected(spec.selector, spec.template, OWNER);
  addFindings(errors, notNegative(spec.minReadySeconds, 'spec.minReadySeconds'));
  addFindings(errors, validateStrategy(spec.updateStrategy, 'spec.updateStrategy'));
  return [...errors, ...notNegative(spec.revisionHistoryLimit, 'spec.revisionHistoryLimit')];
}

function validateStrategy(strategy: DaemonSetUpdateStrategy | undefined, at: string): FieldError[] {
  if (strategy?.type === 'OnDelete') return [];
  if (strategy?.type !== 'RollingUpdate') return [notSupported(at, strategy, ['OnDelete', 'RollingUpdate'])];
  const { maxUnavailable, maxSurge } = strategy.rollingUpdate ?? {};
  const place = `${at}.rollingUpdate`;
  const errors = [
    ...countOrPercent(maxUnavailable, `${place}.maxUnavailable`),
    ...countOrPercent(maxSurge, `${place}.maxSurge`),
  ];
  if (errors.length > 0) return errors;
  addFindings(errors, atMost100Percent(maxUnavailable, `${place}.maxUnavailable`));
  addFindings(errors, atMost100Percent(maxSurge, `${place}.maxSurge`));
  const surges = !isZeroOrUnset(maxSurge);
  const replaces = !isZeroOrUnset(maxUnavailable);
  if (surges && replaces)
    errors.push(invalid(`${place}.maxSurge`, maxSurge, 'may not be set when maxUnavailable is non-zero'));
  if (!surges && !replaces) errors.push(required(`${place}.maxUnavailable`, 'cannot be 0 when maxSurge is 0'));
  return errors;
}

const COUNTS = [
  'currentNumberScheduled',
  'numberMisscheduled',
  'desiredNumberScheduled',
  'numberReady',
  'observedGeneration',
  'updatedNumberScheduled',
  'numberAvailable',
  'numberUnavailable',
  'collisionCount',
] as const;

export function validateDaemonSetStatusUpdate({ status }: DaemonSet, { status: old }: DaemonSet): FieldError[] {
  const errors = COUNTS.flatMap((field) => notNegative(status?.[field], `status.${field}`));
  return [...errors, ...notDecremented(status?.collisionCount, old?.collisionCount, 'status.collisionCount')];
}
