// Does a LabelSelector select these labels? Compiled once per selector object: caches hand out the same one again and again.
import { type LabelSelector, matcherOfSelector } from '../../api/index.ts';

type Matcher = ReturnType<typeof matcherOfSelector>;
const compiled = new WeakMap<LabelSelector, Matcher>();

/** A missing selector selects nothing, an empty one everything. */
export function selects(
  selector: LabelSelector | undefined,
  labels: Readonly<Record<string, string>> | undefined,
): boolean {
  if (selector === undefined) return false;
  const matcher = compiled.get(selector) ?? matcherOfSelector(selector);
  compiled.set(selector, matcher);
  return matcher.matches(labels);
}
