// Cells that the tables of admission policies and their bindings share.
import { goText } from '../../../lib/index.ts';
import type { ParamKind, ParamRef } from '../../cluster-types.ts';
import type { LabelSelector } from '../../types.ts';

export function paramKindText(kind: ParamKind | undefined): string {
  return kind === undefined ? '<unset>' : `${kind.apiVersion ?? ''}/${kind.kind ?? ''}`;
}

/** A name without a namespace may be of any: the cell cannot tell whether its kind has namespaces. */
export function paramRefText(reference: ParamRef | undefined): string {
  if (reference?.name) return `${reference.namespace || '*'}/${reference.name}`;
  return reference?.selector === undefined ? '<unset>' : selectorText(reference.selector);
}

/** As Go prints a LabelSelector. */
function selectorText({ matchLabels = {}, matchExpressions = [] }: LabelSelector): string {
  const labels = Object.keys(matchLabels)
    .sort()
    .map((key) => `${key}: ${matchLabels[key] ?? ''},`);
  const expressions = matchExpressions.map(
    ({ key, operator, values = [] }) =>
      `LabelSelectorRequirement{Key:${key},Operator:${operator},Values:${goText(values)},},`,
  );
  const lists = `MatchLabels:map[string]string{${labels.join('')}},MatchExpressions:[]LabelSelectorRequirement{${expressions.join('')}},`;
  return `&LabelSelector{${lists}}`;
}
