// The rules of a pod that says which system it is for: what only the other one knows may not be set.
import type { FieldError } from '../definition.ts';
import { addFindings, forbidden, notSupported, required } from '../field-error.ts';
import type { PodSecurityContext, PodSpec, SecurityContext } from '../types.ts';

const SYSTEMS = ['linux', 'windows'];

export function validateOs(spec: PodSpec, at: string): FieldError[] {
  if (spec.os === undefined) return [];
  const { name } = spec.os;
  if (!name) return [required(`${at}.os.name`)];
  if (!SYSTEMS.includes(name)) return [notSupported(`${at}.os`, name, SYSTEMS)];
  const [contextFields, containerFields, detail] = name === 'linux' ? LINUX : WINDOWS;
  const errors = set(spec.securityContext, contextFields, `${at}.securityContext`, detail);
  if (name === 'windows') addFindings(errors, set(spec, SHARED, at, detail));
  for (const list of ['containers', 'initContainers', 'ephemeralContainers'] as const) {
    for (const [index, { securityContext }] of (spec[list] ?? []).entries())
      addFindings(errors, set(securityContext, containerFields, `${at}.${list}[${index}].securityContext`, detail));
  }
  return errors;
}

function set<T extends object>(
  value: T | undefined,
  fields: readonly (keyof T)[],
  at: string,
  detail: string,
): FieldError[] {
  return fields
    .filter((field) => value?.[field] !== undefined && value[field] !== false)
    .map((field) => forbidden(`${at}.${String(field)}`, detail));
}

type Rules = readonly [(keyof PodSecurityContext)[], (keyof SecurityContext)[], string];

const SHARED: readonly (keyof PodSpec)[] = ['hostUsers', 'hostPID', 'hostIPC', 'shareProcessNamespace'];
const LINUX: Rules = [['windowsOptions'], ['windowsOptions'], 'windows options cannot be set for a linux pod'];
const WINDOWS: Rules = [
  [
    'appArmorProfile',
    'seLinuxOptions',
    'seccompProfile',
    'fsGroup',
    'fsGroupChangePolicy',
    'sysctls',
    'runAsUser',
    'runAsGroup',
    'supplementalGroups',
    'supplementalGroupsPolicy',
    'seLinuxChangePolicy',
  ],
  [
    'appArmorProfile',
    'seLinuxOptions',
    'seccompProfile',
    'capabilities',
    'readOnlyRootFilesystem',
    'privileged',
    'allowPrivilegeEscalation',
    'procMount',
    'runAsUser',
    'runAsGroup',
  ],
  'cannot be set for a windows pod',
];
