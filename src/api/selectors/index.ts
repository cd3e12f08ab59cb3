// Label and field selectors.

export { type FieldMatcher, type FieldRequirement, parseFieldSelector } from './field-selector.ts';
export {
  EVERYTHING,
  type LabelMatcher,
  type LabelOperator,
  type LabelRequirement,
  type Labels,
  matcherOf,
  matcherOfSelector,
  NOTHING,
} from './label-selector.ts';
export { parseLabelSelector, SelectorError } from './parse-label-selector.ts';
