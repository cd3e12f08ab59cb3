// The rules of priority levels: limited ones and the one that is exempt, seats and queues. The words are Kubernetes'.
import type { FieldError } from '../definition.ts';
import { addFindings, forbidden, invalid, notSupported, required } from '../field-error.ts';
import { equalJson } from '../json.ts';
import { EXEMPT, MANDATORY_FLOW_CONTROL } from '../resources/flowcontrol.apiserver.k8s.io/built-in.ts';
import type { PriorityLevelConfiguration } from '../types.ts';

type Spec = NonNullable<PriorityLevelConfiguration['spec']>;
type Limited = NonNullable<Spec['limited']>;
type Queuing = NonNullable<NonNullable<Limited['limitResponse']>['queuing']>;

const MAX_QUEUES = 10_000_000;
/** Bits of a flow's hash that choose its queues. */
const MAX_HASH_BITS = 60;
const PERCENT = 'must be between 0 and 100, inclusive';
const COUNT = 'must be a non-negative integer';

export function validatePriorityLevel({ metadata, spec }: PriorityLevelConfiguration): FieldError[] {
  const name = metadata?.name ?? '';
  const errors = validateSpec(spec ?? { type: '' }, name);
  const fixed = MANDATORY_FLOW_CONTROL.levels.find((level) => level.metadata?.name === name);
  if (fixed === undefined) return errors;
  // Of the exempt level administrators may say how much it counts, no more.
  const exempt = name === EXEMPT;
  const essence = (of: Spec | undefined): object => (exempt ? { ...of, exempt: undefined } : { ...of });
  if (!equalJson(essence(fixed.spec), essence(spec))) {
    const but = exempt ? "except the 'spec.exempt' field " : '';
    errors.push(invalid('spec', spec, `spec of '${name}' ${but}must equal the fixed value`));
  }
  return errors;
}

function validateSpec(spec: Spec, name: string): FieldError[] {
  const errors: FieldError[] = [];
  const { type, limited, exempt } = spec;
  if ((name === EXEMPT) !== (type === 'Exempt'))
    errors.push(invalid('spec.type', type, "type must be 'Exempt' if and only if name is 'exempt'"));
  switch (type) {
    case 'Exempt':
      if (limited !== undefined) errors.push(forbidden('spec.limited', 'must be nil if the type is not Limited'));
      if (exempt === undefined) errors.push(required('spec.exempt', 'must not be empty when type is Exempt'));
      else addFindings(errors, validateShares(exempt, 'spec.exempt'));
      break;
    case 'Limited':
      if (exempt !== undefined) errors.push(forbidden('spec.exempt', 'must be nil if the type is not Exempt'));
      if (limited === undefined) errors.push(required('spec.limited', 'must not be empty when type is Limited'));
      else addFindings(errors, validateLimited(limited, 'spec.limited'));
      break;
    default:
      errors.push(notSupported('spec.type', type ?? '', ['Exempt', 'Limited']));
  }
  return errors;
}

function validateShares(
  level: Pick<Limited, 'nominalConcurrencyShares' | 'lendablePercent'>,
  at: string,
): FieldError[] {
  const errors: FieldError[] = [];
  const { nominalConcurrencyShares: shares = 0, lendablePercent: lendable = 0 } = level;
  if (shares < 0) errors.push(invalid(`${at}.nominalConcurrencyShares`, shares, COUNT));
  if (lendable < 0 || lendable > 100) errors.push(invalid(`${at}.lendablePercent`, lendable, PERCENT));
  return errors;
}

function validateLimited(limited: Limited, at: string): FieldError[] {
  const errors = validateShares(limited, at);
  const { borrowingLimitPercent: borrowing = 0, limitResponse: { type = '', queuing } = {} } = limited;
  if (borrowing < 0) errors.push(invalid(`${at}.borrowingLimitPercent`, borrowing, `if specified, ${COUNT}`));
  const place = `${at}.limitResponse`;
  switch (type) {
    case 'Reject':
      if (queuing !== undefined)
        errors.push(forbidden(`${place}.queuing`, 'must be nil if limited.limitResponse.type is not Limited'));
      break;
    case 'Queue':
      if (queuing === undefined)
        errors.push(required(`${place}.queuing`, 'must not be empty if limited.limitResponse.type is Limited'));
      else addFindings(errors, validateQueuing(queuing, `${place}.queuing`));
      break;
    default:
      errors.push(notSupported(`${place}.type`, type, ['Queue', 'Reject']));
  }
  return errors;
}

function validateQueuing({ queues = 0, handSize = 0, queueLengthLimit = 0 }: Queuing, at: string): FieldError[] {
  const errors: FieldError[] = [];
  if (queueLengthLimit <= 0) errors.push(invalid(`${at}.queueLengthLimit`, queueLengthLimit, 'must be positive'));
  if (queues <= 0) errors.push(invalid(`${at}.queues`, queues, 'must be positive'));
  if (queues > MAX_QUEUES) errors.push(invalid(`${at}.queues`, queues, `must not be greater than ${MAX_QUEUES}`));
  const hand = handProblem(handSize, queues);
  if (hand !== undefined) errors.push(invalid(`${at}.handSize`, handSize, hand));
  return errors;
}

function handProblem(handSize: number, queues: number): string | undefined {
  if (handSize <= 0) return 'must be positive';
  if (handSize > queues) return `should not be greater than queues (${queues})`;
  if (Math.ceil(Math.log2(queues) * handSize) <= MAX_HASH_BITS) return undefined;
  return `required entropy bits of deckSize ${queues} and handSize ${handSize} should not be greater than ${MAX_HASH_BITS}`;
}
