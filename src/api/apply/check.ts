// Whether a configuration may be applied at all, before anything is compared: its version, its claims on managedFields, and
// whether it fits its type. What does not fit is answered with 500 and no reason, as Kubernetes answers it, whatever the
// request's fieldValidation says.
import { isJsonObject, type Json, type JsonObject } from '../json.ts';
import type { KubeObject } from '../object.ts';
import { parseGroupVersion } from '../registry.ts';
import type { ApiSchema } from '../schema/index.ts';
import { ApiError, badRequestError } from '../status.ts';
import { mergeTypesOf, type StructType } from './merge-types.ts';
import { problemsOf } from './validate.ts';

/** Throws ApiError 400 and 500. */
export function checkConfiguration(type: StructType, configuration: KubeObject, apiVersion: string): void {
  if (configuration.apiVersion !== undefined && configuration.apiVersion !== apiVersion) {
    throw badRequestError(
      `Incorrect version specified in apply patch. Specified patch version: ${configuration.apiVersion}, expected: ${apiVersion}`,
    );
  }
  if (claimsManagedFields(configuration)) throw badRequestError('metadata.managedFields must be nil');
  const problems = problemsOf(type, configuration as unknown as JsonObject);
  if (problems.length === 0) return;
  const list = problems.length === 1 ? problems.join('') : `errors:\n${problems.map((one) => `  ${one}`).join('\n')}`;
  throw new ApiError(500, '', `failed to create typed patch object (${nameAndKindOf(configuration)}): ${list}`);
}

/** The same for what a subresource speaks: its configuration is turned into one of the object that it belongs to. */
export function checkConfigurationOf(schema: ApiSchema, typeName: string, configuration: KubeObject): void {
  const type = mergeTypesOf(schema).type(typeName);
  if (type === undefined) throw new RangeError(`no schema for ${typeName}`);
  checkConfiguration(type, configuration, configuration.apiVersion ?? '');
}

/** A list of entries; anything else is no managedFields to Kubernetes, and is found not to fit. */
function claimsManagedFields({ metadata }: KubeObject): boolean {
  const claimed = metadata?.managedFields as unknown as Json | undefined;
  return Array.isArray(claimed) && claimed.every((entry) => isJsonObject(entry));
}

/** `default/web; apps/v1, Kind=Deployment`: how errors of server-side apply name an object. */
export function nameAndKindOf({ apiVersion = '', kind = '', metadata }: KubeObject): string {
  return `${metadata?.namespace ?? ''}/${metadata?.name ?? ''}; ${versionAndKindOf(apiVersion, kind)}`;
}

export function versionAndKindOf(apiVersion: string, kind: string): string {
  const { group = '', version = '' } = parseGroupVersion(apiVersion) ?? {};
  return `${group}/${version}, Kind=${kind}`;
}
