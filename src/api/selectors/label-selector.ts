// Label selectors: the requirements they consist of, and the predicate over a map of labels. Both text (`a in (b,c),!d`)
// and LabelSelector objects become the same thing. Immutable; compile once, match often.
import { unreachable } from '../../lib/index.ts';
import type { LabelSelector } from '../types.ts';

export type LabelOperator = '=' | '==' | '!=' | 'in' | 'notin' | 'exists' | '!' | 'gt' | 'lt';

/** One condition on one label. */
export interface LabelRequirement {
  readonly key: string;
  readonly operator: LabelOperator;
  readonly values: readonly string[];
}

export type Labels = Readonly<Record<string, string>>;

/** A compiled selector: every requirement must hold. */
export interface LabelMatcher {
  readonly requirements: readonly LabelRequirement[];
  /** True when it selects every object. */
  readonly everything: boolean;
  matches(labels: Labels | undefined): boolean;
  /** The canonical text, which parses to the same selector; '' for everything. */
  toString(): string;
}

export const EVERYTHING: LabelMatcher = matcherOf([]);

/** Selects nothing: what a missing LabelSelector object means. */
export const NOTHING: LabelMatcher = {
  requirements: [],
  everything: false,
  matches: () => false,
  toString: () => '',
};

export function matcherOf(requirements: readonly LabelRequirement[]): LabelMatcher {
  const predicates = requirements.map((requirement) => predicateOf(requirement));
  const text = requirements.map((requirement) => requirementText(requirement)).join(',');
  return {
    requirements,
    everything: requirements.length === 0,
    matches(labels) {
      const present = labels ?? {};
      for (const predicate of predicates) if (!predicate(present)) return false;
      return true;
    },
    toString: () => text,
  };
}

/**
 * The matcher of a LabelSelector object: undefined selects nothing, an empty one everything.
 * Throws RangeError for an operator that does not exist (validation refuses those first).
 */
export function matcherOfSelector(selector: LabelSelector | undefined | null): LabelMatcher {
  if (selector === undefined || selector === null) return NOTHING;
  const requirements: LabelRequirement[] = [];
  for (const key of Object.keys(selector.matchLabels ?? {}).sort()) {
    requirements.push({ key, operator: '=', values: [selector.matchLabels?.[key] ?? ''] });
  }
  for (const expression of selector.matchExpressions ?? []) {
    const operator = EXPRESSION_OPERATORS[expression.operator];
    if (operator === undefined) throw new RangeError(`"${expression.operator}" is not a valid label selector operator`);
    requirements.push({ key: expression.key, operator, values: [...(expression.values ?? [])].sort() });
  }
  return matcherOf(requirements);
}

const EXPRESSION_OPERATORS: Readonly<Record<string, LabelOperator>> = {
  In: 'in',
  NotIn: 'notin',
  Exists: 'exists',
  DoesNotExist: '!',
};

type Predicate = (labels: Labels) => boolean;

function predicateOf({ key, operator, values }: LabelRequirement): Predicate {
  const has = (labels: Labels): boolean => Object.hasOwn(labels, key);
  const set = new Set(values);
  const first = values[0] ?? '';
  switch (operator) {
    case '=':
    case '==':
      return (labels) => has(labels) && labels[key] === first;
    case 'in':
      return (labels) => has(labels) && set.has(labels[key] ?? '');
    case '!=':
    case 'notin':
      return (labels) => !has(labels) || !set.has(labels[key] ?? '');
    case 'exists':
      return has;
    case '!':
      return (labels) => !has(labels);
    case 'gt':
      return (labels) => compareIntegers(has(labels) ? labels[key] : undefined, first, 1);
    case 'lt':
      return (labels) => compareIntegers(has(labels) ? labels[key] : undefined, first, -1);
    default:
      return unreachable(operator);
  }
}

function compareIntegers(label: string | undefined, bound: string, sign: 1 | -1): boolean {
  if (label === undefined || !isInteger(label)) return false;
  const left = BigInt(label);
  const right = BigInt(bound);
  return sign === 1 ? left > right : left < right;
}

/** What Go's ParseInt accepts in base 10. */
export function isInteger(text: string): boolean {
  return /^[+-]?\d{1,19}$/.test(text);
}

function requirementText({ key, operator, values }: LabelRequirement): string {
  switch (operator) {
    case 'exists':
      return key;
    case '!':
      return `!${key}`;
    case 'in':
    case 'notin':
      return `${key} ${operator} (${[...values].sort().join(',')})`;
    case 'gt':
      return `${key}>${values[0] ?? ''}`;
    case 'lt':
      return `${key}<${values[0] ?? ''}`;
    case '=':
    case '==':
    case '!=':
      return `${key}${operator}${values[0] ?? ''}`;
    default:
      return unreachable(operator);
  }
}
