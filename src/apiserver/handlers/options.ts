// The query options that all writes share: dryRun, fieldValidation, fieldManager; and force, which only an apply may have.
import {
  type FieldError,
  type FieldValidation,
  forbidden,
  invalidError,
  notSupported,
  required,
  validateFieldManager,
} from '../../api/index.ts';

export interface WriteOptions {
  readonly dryRun: boolean;
  readonly fieldValidation: FieldValidation;
}

/** Throws ApiError 422, as Kubernetes does for `kind` (CreateOptions, PatchOptions …). */
export function parseWriteOptions(
  query: URLSearchParams,
  kind: string,
  earlier: readonly FieldError[] = [],
): WriteOptions {
  const errors: FieldError[] = [...earlier, ...validateFieldManager(query.get('fieldManager') ?? '', 'fieldManager')];
  const dryRun = dryRunOf(query);
  if (dryRun.some((value) => value !== 'All')) errors.push(notSupported('dryRun', dryRun, ['All']));
  const validation = query.get('fieldValidation') ?? '';
  if (!['', 'Ignore', 'Warn', 'Strict'].includes(validation))
    errors.push(notSupported('fieldValidation', validation, ['', 'Ignore', 'Strict', 'Warn']));
  if (errors.length > 0) throw invalidError({ group: 'meta.k8s.io', kind }, '', errors);
  return { dryRun: dryRun.length > 0, fieldValidation: validation === '' ? 'Warn' : (validation as FieldValidation) };
}

/** The same for PATCH: an apply must say who applies, and alone may be forced. */
export function parsePatchOptions(query: URLSearchParams, isApply: boolean): WriteOptions {
  const errors: FieldError[] = [];
  if (!isApply && query.has('force')) errors.push(forbidden('force', 'may not be specified for non-apply patch'));
  if (isApply && (query.get('fieldManager') ?? '') === '')
    errors.push(required('fieldManager', 'is required for apply patch'));
  return parseWriteOptions(query, 'PatchOptions', errors);
}

/** Whether the request asks for everything but the commit; what else it says there is refused by parseWriteOptions. */
export function asksDryRun(query: URLSearchParams): boolean {
  return dryRunOf(query).length > 0;
}

function dryRunOf(query: URLSearchParams): string[] {
  return query.getAll('dryRun').filter((value) => value !== '');
}
