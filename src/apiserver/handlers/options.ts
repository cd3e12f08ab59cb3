// The query options that all writes share: dryRun, fieldValidation, fieldManager.
import { type FieldError, type FieldValidation, invalid, invalidError, notSupported } from '../../api/index.ts';

const FIELD_MANAGER_LIMIT = 128;

export interface WriteOptions {
  readonly dryRun: boolean;
  readonly fieldValidation: FieldValidation;
}

/** Throws ApiError 422, as Kubernetes does for `kind` (CreateOptions, PatchOptions …). */
export function parseWriteOptions(query: URLSearchParams, kind: string): WriteOptions {
  const errors: FieldError[] = [];
  const dryRun = query.getAll('dryRun').filter((value) => value !== '');
  if (dryRun.some((value) => value !== 'All')) errors.push(notSupported('dryRun', dryRun, ['All']));
  const validation = query.get('fieldValidation') ?? '';
  if (!['', 'Ignore', 'Warn', 'Strict'].includes(validation))
    errors.push(notSupported('fieldValidation', validation, ['Ignore', 'Strict', 'Warn']));
  const manager = query.get('fieldManager') ?? '';
  if (manager.length > FIELD_MANAGER_LIMIT)
    errors.push(invalid('fieldManager', manager, `may not be more than ${FIELD_MANAGER_LIMIT} bytes`));
  if (errors.length > 0) throw invalidError({ group: 'meta.k8s.io', kind }, '', errors);
  return { dryRun: dryRun.length > 0, fieldValidation: validation === '' ? 'Warn' : (validation as FieldValidation) };
}
