// The configuration of priority and fairness as objects say it, made ready: flow schemas in the order they are asked in, and the
// seats of each level. Pure. What is broken or refers to nothing is passed over; what every server must have is imagined.
import {
  bySchemaOrder,
  CATCH_ALL,
  EXEMPT,
  type FlowControlObjects,
  type FlowSchema,
  MANDATORY_FLOW_CONTROL,
  type PriorityLevelConfiguration,
  SUGGESTED_FLOW_CONTROL,
} from '../../api/index.ts';
import { BORROWING_DEFAULT_PERCENT, SEATS_PER_REQUEST_LIMIT } from '../limits.ts';
import type { LevelBounds } from './borrowing.ts';
import type { LimitRule } from './queue-set.ts';

export interface LevelPlan extends LevelBounds {
  readonly name: string;
  /** '' for one that is imagined. */
  readonly uid: string;
  readonly rule: LimitRule;
  /** The widest that a request at this level may be. */
  readonly widest: number;
}

export interface SchemaPlan {
  readonly name: string;
  readonly uid: string;
  readonly level: string;
  readonly distinguisher: 'ByUser' | 'ByNamespace' | undefined;
  readonly rules: PolicyRules;
}

export interface FlowPlan {
  /** In the order of matching. */
  readonly schemas: readonly SchemaPlan[];
  readonly levels: readonly LevelPlan[];
}

type PolicyRules = NonNullable<NonNullable<FlowSchema['spec']>['rules']>;

/** Of a cluster that says nothing yet. */
export const BUILT_IN: FlowControlObjects = {
  schemas: [...MANDATORY_FLOW_CONTROL.schemas, ...SUGGESTED_FLOW_CONTROL.schemas],
  levels: [...MANDATORY_FLOW_CONTROL.levels, ...SUGGESTED_FLOW_CONTROL.levels],
};

/** `seats` is what the whole server has. */
export function planFlows(objects: FlowControlObjects, seats: number): FlowPlan {
  const stored = objects.schemas.length + objects.levels.length > 0 ? objects : BUILT_IN;
  const levels = withMandatory(stored.levels.filter(isWhole), MANDATORY_FLOW_CONTROL.levels);
  const names = new Set(levels.map(nameOf));
  const sound = stored.schemas.filter(({ spec }) => names.has(spec?.priorityLevelConfiguration?.name ?? ''));
  const schemas = withMandatory(sound, MANDATORY_FLOW_CONTROL.schemas);
  const shares = levels.reduce((sum, level) => sum + sharesOf(level), 0);
  return {
    schemas: schemas.sort(bySchemaOrder).map(schemaPlan),
    levels: levels.map((level) => levelPlan(level, seats, shares)),
  };
}

function withMandatory<T extends { metadata?: { name?: string } }>(stored: readonly T[], mandatory: readonly T[]): T[] {
  const names = new Set(stored.map(nameOf));
  return [...stored, ...mandatory.filter((object) => !names.has(nameOf(object)))];
}

function nameOf({ metadata }: { metadata?: { name?: string } }): string {
  return metadata?.name ?? '';
}

/** Validation lets no other in; a level of a later version may all the same be one that this server does not understand. */
function isWhole({ metadata, spec }: PriorityLevelConfiguration): boolean {
  if (metadata?.name === EXEMPT) return spec?.type === 'Exempt';
  const response = spec?.limited?.limitResponse;
  if (spec?.type !== 'Limited' || response === undefined) return false;
  return response.type === 'Reject' || (response.type === 'Queue' && response.queuing !== undefined);
}

function schemaPlan({ metadata, spec }: FlowSchema): SchemaPlan {
  const method = spec?.distinguisherMethod?.type;
  return {
    name: metadata?.name ?? '',
    uid: metadata?.uid ?? '',
    level: spec?.priorityLevelConfiguration?.name ?? CATCH_ALL,
    distinguisher: method === 'ByUser' || method === 'ByNamespace' ? method : undefined,
    rules: spec?.rules ?? [],
  };
}

function sharesOf({ spec }: PriorityLevelConfiguration): number {
  return spec?.limited?.nominalConcurrencyShares ?? spec?.exempt?.nominalConcurrencyShares ?? 0;
}

function levelPlan(level: PriorityLevelConfiguration, seats: number, shares: number): LevelPlan {
  const { limited, exempt } = level.spec ?? {};
  const nominal = shares === 0 ? 0 : Math.ceil((seats * sharesOf(level)) / shares);
  const lendable = Math.round((nominal * (limited?.lendablePercent ?? exempt?.lendablePercent ?? 0)) / 100);
  const borrowed = Math.round((nominal * (limited?.borrowingLimitPercent ?? BORROWING_DEFAULT_PERCENT)) / 100);
  const rule = ruleOf(level);
  return {
    name: nameOf(level),
    uid: level.metadata?.uid ?? '',
    exempt: rule.kind === 'exempt',
    rule,
    nominal,
    least: nominal - lendable,
    most: nominal + borrowed,
    widest: widestOf(rule, nominal),
  };
}

function ruleOf({ metadata, spec }: PriorityLevelConfiguration): LimitRule {
  if (metadata?.name === EXEMPT) return { kind: 'exempt' };
  const queuing = spec?.limited?.limitResponse?.queuing;
  if (queuing === undefined) return { kind: 'reject' };
  const { queues = 1, handSize = 1, queueLengthLimit = 1 } = queuing;
  return { kind: 'queue', queues, handSize, queueLengthLimit };
}

/** A seventh of the level, and no more than leaves something to the other queues of its hand. */
function widestOf(rule: LimitRule, nominal: number): number {
  if (rule.kind === 'exempt') return 1;
  if (rule.kind === 'reject') return SEATS_PER_REQUEST_LIMIT;
  const fair = Math.min(Math.ceil(nominal * WIDEST_SHARE), Math.floor(nominal / rule.handSize));
  return Math.max(1, Math.min(SEATS_PER_REQUEST_LIMIT, fair));
}

const WIDEST_SHARE = 0.15;
