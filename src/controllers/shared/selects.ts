// Does a LabelSelector select these labels? Compiled once per selector object: caches hand out the same one again and again.
import { type LabelSelector, matcherOfSelector } from '../../api/index.ts';
import { oncePer } from '../../lib/index.ts';

const matcherOf = oncePer((selector: LabelSelector) => matcherOfSelector(selector));

/** A missing selector selects nothing, an empty one everything. */
export function selects(
  selector: LabelSelector | undefined,
  labels: Readonly<Record<string, string>> | undefined,
): boolean {
  return selector !== undefined && matcherOf(selector).matches(labels);
}
