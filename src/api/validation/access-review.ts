// The rules of access reviews that are answered within one namespace.
import type { LocalSubjectAccessReview } from '../cluster-types.ts';
import type { FieldError } from '../definition.ts';
import { invalid } from '../field-error.ts';

/** `metadata.namespace` is the path's already. */
export function validateLocalAccessReview({ metadata, spec }: LocalSubjectAccessReview): FieldError[] {
  const errors: FieldError[] = [];
  const { resourceAttributes, nonResourceAttributes, user, groups = [] } = spec ?? {};
  if (resourceAttributes !== undefined && nonResourceAttributes !== undefined) {
    const detail = 'cannot be specified in combination with resourceAttributes';
    errors.push(invalid('spec.nonResourceAttributes', nonResourceAttributes, detail));
  }
  if (resourceAttributes === undefined && nonResourceAttributes === undefined) {
    const detail = 'exactly one of nonResourceAttributes or resourceAttributes must be specified';
    errors.push(invalid('spec.resourceAttributes', null, detail));
  }
  if (!user && groups.length === 0)
    errors.push(invalid('spec.user', user ?? '', 'at least one of user or group must be specified'));
  const { namespace = '', managedFields: _managed, ...others } = metadata ?? {};
  if (Object.keys(others).length > 0) errors.push(invalid('metadata', metadata, 'must be empty except for namespace'));
  if (resourceAttributes !== undefined && (resourceAttributes.namespace ?? '') !== namespace) {
    const detail = 'must match metadata.namespace';
    errors.push(invalid('spec.resourceAttributes.namespace', resourceAttributes.namespace ?? '', detail));
  }
  if (nonResourceAttributes !== undefined)
    errors.push(invalid('spec.nonResourceAttributes', nonResourceAttributes, 'disallowed on this kind of request'));
  return errors;
}
