// The rules of a pod's volumes: names, exactly one source each, and what the common sources need.
import type { FieldError } from '../definition.ts';
import { addFindings, duplicate, forbidden, invalid, required } from '../field-error.ts';
import { parseQuantity } from '../quantity.ts';
import type { Volume } from '../types.ts';
import { dns1123LabelProblems } from './names.ts';

const MODE_MESSAGE = 'must be a number between 0 and 0777 (octal), both inclusive';

export function validateVolumes(volumes: readonly Volume[], at: string): FieldError[] {
  const errors: FieldError[] = [];
  const names = new Set<string>();
  for (const [index, volume] of volumes.entries()) {
    const place = `${at}[${index}]`;
    addFindings(errors, validateSource(volume, place));
    if (!volume.name) errors.push(required(`${place}.name`));
    else
      addFindings(
        errors,
        dns1123LabelProblems(volume.name).map((problem) => invalid(`${place}.name`, volume.name, problem)),
      );
    if (volume.name && names.has(volume.name)) errors.push(duplicate(`${place}.name`, volume.name));
    names.add(volume.name);
  }
  return errors;
}

function validateSource(volume: Volume, at: string): FieldError[] {
  const { name: _, ...sources } = volume;
  const used = Object.keys(sources).filter((source) => sources[source as keyof typeof sources] !== undefined);
  const errors: FieldError[] = [];
  if (used.length === 0) errors.push(required(at, 'must specify a volume type'));
  for (const extra of used.slice(1))
    errors.push(forbidden(`${at}.${extra}`, 'may not specify more than 1 volume type'));
  const limit = volume.emptyDir?.sizeLimit;
  if (limit !== undefined && (parseQuantity(limit)?.nanos ?? 0n) < 0n) {
    errors.push(forbidden(`${at}.emptyDir.sizeLimit`, 'SizeLimit field must be a valid resource quantity'));
  }
  if (volume.hostPath !== undefined) addFindings(errors, validateHostPath(volume.hostPath.path, `${at}.hostPath.path`));
  if (volume.secret !== undefined && !volume.secret.secretName) errors.push(required(`${at}.secret.secretName`));
  if (volume.configMap !== undefined && !volume.configMap.name) errors.push(required(`${at}.configMap.name`));
  if (volume.persistentVolumeClaim !== undefined && !volume.persistentVolumeClaim.claimName) {
    errors.push(required(`${at}.persistentVolumeClaim.claimName`));
  }
  for (const source of ['secret', 'configMap', 'downwardAPI', 'projected'] as const) {
    const mode = volume[source]?.defaultMode;
    if (mode !== undefined && (mode < 0 || mode > 0o777))
      errors.push(invalid(`${at}.${source}.defaultMode`, mode, MODE_MESSAGE));
  }
  for (const source of ['secret', 'configMap'] as const) {
    for (const [index, item] of (volume[source]?.items ?? []).entries()) {
      const place = `${at}.${source}.items[${index}]`;
      if (!item.key) errors.push(required(`${place}.key`));
      addFindings(errors, validateFile(item.path, `${place}.path`));
    }
  }
  return errors;
}

function validateHostPath(path: string, at: string): FieldError[] {
  if (!path) return [required(at)];
  return path.split('/').includes('..') ? [invalid(at, path, "must not contain '..'")] : [];
}

/** A path below the volume. */
function validateFile(path: string, at: string): FieldError[] {
  if (!path) return [required(at)];
  if (path.startsWith('/')) return [invalid(at, path, 'must be a relative path')];
  if (path.split('/').includes('..')) return [invalid(at, path, "must not contain '..'")];
  return path.startsWith('..') ? [invalid(at, path, "must not start with '..'")] : [];
}
