// The rules of storage versions: names are `<group>.<resource>`, and the common version is what the servers agree on.
import type { FieldError } from '../../definition.ts';
import { addFindings, invalid, problemsAt, required } from '../../field-error.ts';
import type { StorageVersion } from '../../gated-types.ts';
import { labelKeyProblems } from '../labels.ts';
import { dns1035LabelProblems, dns1123SubdomainProblems } from '../names.ts';

type Status = NonNullable<StorageVersion['status']>;
type ServerVersion = NonNullable<Status['storageVersions']>[number];

export function storageVersionNameProblems(name: string): string[] {
  const at = name.lastIndexOf('.');
  if (at < 0) return ['name must be in the form of <group>.<resource>'];
  return [
    ...dns1123SubdomainProblems(name.slice(0, at)).map((problem) => `the group segment ${problem}`),
    ...dns1035LabelProblems(name.slice(at + 1)).map((problem) => `the resource segment ${problem}`),
  ];
}

export function validateStorageVersionStatus({ status = {} }: StorageVersion): FieldError[] {
  const errors: FieldError[] = [];
  for (const [index, server] of (status.storageVersions ?? []).entries())
    addFindings(errors, validateServer(server, `status.storageVersions[${index}]`));
  addFindings(errors, validateCommon(status), validateConditions(status));
  return errors;
}

function validateServer(server: ServerVersion, at: string): FieldError[] {
  const { apiServerID = '', encodingVersion = '', decodableVersions = [] } = server;
  const errors = problemsAt(`${at}.apiServerID`, apiServerID, dns1123SubdomainProblems(apiServerID));
  addFindings(errors, versionAt(encodingVersion, `${at}.encodingVersion`));
  for (const [index, version] of decodableVersions.entries())
    addFindings(errors, versionAt(version, `${at}.decodableVersions[${index}]`));
  if (!decodableVersions.includes(encodingVersion)) {
    const detail = `decodableVersions must include encodingVersion ${encodingVersion}`;
    errors.push(invalid(`${at}.decodableVersions`, decodableVersions, detail));
  }
  return errors;
}

function versionAt(version: string, at: string): FieldError[] {
  const problems = dns1035LabelProblems(version);
  return problems.length === 0 ? [] : [invalid(at, version, problems.join(','))];
}

function validateCommon({ storageVersions = [], commonEncodingVersion: named }: Status): FieldError[] {
  const at = 'status.commonEncodingVersion';
  const versions = new Set(storageVersions.map(({ encodingVersion }) => encodingVersion));
  const [common] = versions.size === 1 ? versions : [];
  if (common === named) return [];
  if (common === undefined) {
    const detail =
      'should be nil if servers do not agree on the same encoding version, or if there is no server reporting the supported versions yet';
    return [invalid(at, named, detail)];
  }
  if (named === undefined) return [invalid(at, null, `the common encoding version is ${common}`)];
  return [invalid(at, named, `the actual common encoding version is ${common}`)];
}

function validateConditions({ conditions = [] }: Status): FieldError[] {
  const errors: FieldError[] = [];
  for (const [index, { type = '', status = '', reason = '', message = '' }] of conditions.entries()) {
    // Kubernetes leaves `conditions` out of these paths.
    const at = `status[${index}]`;
    const first = conditions.findIndex((condition) => condition.type === type);
    if (first < index) {
      const detail = `the type of the condition is not unique, it also appears in conditions[${first}]`;
      errors.push(invalid(`${at}.type`, type, detail));
    }
    addFindings(errors, problemsAt(`${at}.type`, type, labelKeyProblems(type)));
    addFindings(errors, problemsAt(`${at}.status`, type, labelKeyProblems(status)));
    if (reason === '') errors.push(required(`${at}.reason`, 'reason cannot be empty'));
    if (message === '') errors.push(required(`${at}.message`, 'message cannot be empty'));
  }
  return errors;
}
