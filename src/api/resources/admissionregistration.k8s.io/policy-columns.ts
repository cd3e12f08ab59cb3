// Cells that the tables of admission policies and their bindings share.
import type { ParamKind, ParamRef } from '../../cluster-types.ts';
import { matcherOfSelector } from '../../selectors/label-selector.ts';

export function paramKindText(kind: ParamKind | undefined): string {
  return kind === undefined ? '<unset>' : `${kind.apiVersion ?? ''}/${kind.kind ?? ''}`;
}

export function paramRefText(reference: ParamRef | undefined): string {
  if (reference?.name) return reference.namespace ? `${reference.namespace}/${reference.name}` : reference.name;
  return reference?.selector === undefined ? '<unset>' : matcherOfSelector(reference.selector).toString() || '<unset>';
}
