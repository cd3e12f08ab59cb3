// Quotas: what objects count for, what they cost, and what is used in all.
export { type Charged, chargeQuotas, type Verdict } from './charge.ts';
export { type ToCount, toCount, usedByNumber, usedByObjects } from './count.ts';
export type { Evaluator, ResourceId } from './evaluator.ts';
export { evaluatorOf } from './evaluators.ts';
