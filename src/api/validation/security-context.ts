// The rules of security contexts, of pods and of containers: ids, profiles, kernel parameters, and what contradicts itself.
import type { FieldError } from '../definition.ts';
import { addFindings, duplicate, invalid, notSupported, required, tooLong } from '../field-error.ts';
import type { PodSecurityContext, PodSpec, SecurityContext } from '../types.ts';
import { oneOf, userId } from './numbers.ts';
import { descendingPath } from './paths.ts';

type Profile = NonNullable<SecurityContext['seccompProfile']>;

const PROFILE_TYPES = ['Localhost', 'RuntimeDefault', 'Unconfined'];

function seccomp(profile: Profile | undefined, at: string): FieldError[] {
  if (profile === undefined) return [];
  const { type, localhostProfile } = profile;
  const errors: FieldError[] = [];
  if (!type) errors.push(required(`${at}.type`, 'type is required when seccompProfile is set'));
  else if (!PROFILE_TYPES.includes(type)) errors.push(notSupported(`${at}.type`, type, PROFILE_TYPES));
  const place = `${at}.localhostProfile`;
  if (type === 'Localhost') {
    if (localhostProfile === undefined) errors.push(required(place, 'must be set when seccomp type is Localhost'));
    else addFindings(errors, descendingPath(localhostProfile, place));
  } else if (localhostProfile !== undefined) {
    errors.push(invalid(place, profile, 'can only be set when seccomp type is Localhost'));
  }
  return errors;
}

const APP_ARMOR_PROFILE_LIMIT = 4095;

function appArmor(profile: SecurityContext['appArmorProfile'], at: string): FieldError[] {
  if (profile === undefined) return [];
  const { type, localhostProfile: name } = profile;
  const place = `${at}.localhostProfile`;
  if (type === 'Localhost') {
    if (name === undefined || name === '') return [required(place, 'must be set when AppArmor type is Localhost')];
    const errors = name === name.trim() ? [] : [invalid(place, name, 'must not be padded with whitespace')];
    if (name.length > APP_ARMOR_PROFILE_LIMIT) errors.push(tooLong(place, APP_ARMOR_PROFILE_LIMIT));
    return errors;
  }
  if (!type) return [required(`${at}.type`, 'type is required when appArmorProfile is set')];
  if (!PROFILE_TYPES.includes(type)) return [notSupported(`${at}.type`, type, PROFILE_TYPES)];
  return name === undefined ? [] : [invalid(place, name, 'can only be set when AppArmor type is Localhost')];
}

const SYSCTL_LIMIT_CHARACTERS = 253;
const SYSCTL_SEGMENT = '[a-z0-9]([-_a-z0-9]*[a-z0-9])?';
const SYSCTL_MESSAGE = `must have at most ${SYSCTL_LIMIT_CHARACTERS} characters and match regex ^(${SYSCTL_SEGMENT}[\\./])*${SYSCTL_SEGMENT}$`;
const sysctlSegment = new RegExp(`^${SYSCTL_SEGMENT}$`);

/** Segment by segment, which takes no longer than the name is long. */
function isSysctlName(name: string): boolean {
  return name.length <= SYSCTL_LIMIT_CHARACTERS && name.split(/[./]/).every((segment) => sysctlSegment.test(segment));
}

/** Kernel parameters that each IPC or network namespace has its own of. */
const IPC_SYSCTL = /^(kernel[./]shm|kernel[./]msg|kernel[./]sem$|fs[./]mqueue[./])/;
const NET_SYSCTL = /^net[./]/;

function sysctls(list: NonNullable<PodSecurityContext['sysctls']>, at: string, spec: PodSpec): FieldError[] {
  const errors: FieldError[] = [];
  const names = new Set<string>();
  for (const [index, { name }] of list.entries()) {
    const place = `${at}[${index}].name`;
    if (!name) errors.push(required(place));
    else if (!isSysctlName(name)) errors.push(invalid(place, name, SYSCTL_MESSAGE));
    else if (names.has(name)) errors.push(duplicate(place, name));
    if (spec.hostNetwork === true && NET_SYSCTL.test(name ?? ''))
      errors.push(invalid(place, name, "may not be specified when 'hostNetwork' is true"));
    if (spec.hostIPC === true && IPC_SYSCTL.test(name ?? ''))
      errors.push(invalid(place, name, "may not be specified when 'hostIPC' is true"));
    names.add(name);
  }
  return errors;
}

const GROUP_CHANGES = ['Always', 'OnRootMismatch'];

export function validatePodSecurity(spec: PodSpec, at: string): FieldError[] {
  const { securityContext: context } = spec;
  const errors: FieldError[] = [];
  if (spec.hostPID === true && spec.shareProcessNamespace === true) {
    const detail = 'ShareProcessNamespace and HostPID cannot both be enabled';
    errors.push(invalid(`${at}.shareProcessNamespace`, true, detail));
  }
  if (context === undefined) return errors;
  for (const field of ['fsGroup', 'runAsUser', 'runAsGroup'] as const)
    addFindings(errors, userId(context[field], `${at}.${field}`));
  for (const [index, group] of (context.supplementalGroups ?? []).entries())
    addFindings(errors, userId(group, `${at}.supplementalGroups[${index}]`));
  addFindings(errors, sysctls(context.sysctls ?? [], `${at}.sysctls`, spec));
  addFindings(errors, oneOf(context.fsGroupChangePolicy, `${at}.fsGroupChangePolicy`, GROUP_CHANGES, 'optional'));
  addFindings(errors, seccomp(context.seccompProfile, `${at}.seccompProfile`));
  addFindings(errors, appArmor(context.appArmorProfile, `${at}.appArmorProfile`));
  const { supplementalGroupsPolicy, seLinuxChangePolicy } = context;
  addFindings(
    errors,
    oneOf(supplementalGroupsPolicy, `${at}.supplementalGroupsPolicy`, ['Merge', 'Strict'], 'optional'),
    oneOf(seLinuxChangePolicy, `${at}.seLinuxChangePolicy`, ['MountOption', 'Recursive'], 'optional'),
  );
  return errors;
}

/** `hostUsers`: the container's users are the host's. */
export function validateSecurity(context: SecurityContext | undefined, at: string, hostUsers: boolean): FieldError[] {
  if (context === undefined) return [];
  const { allowPrivilegeEscalation, capabilities, privileged, procMount } = context;
  const errors = [...userId(context.runAsUser, `${at}.runAsUser`), ...userId(context.runAsGroup, `${at}.runAsGroup`)];
  if (procMount !== undefined) {
    addFindings(errors, oneOf(procMount, `${at}.procMount`, ['Default', 'Unmasked'], 'optional'));
    if (hostUsers && procMount === 'Unmasked')
      errors.push(invalid(`${at}.procMount`, procMount, '`hostUsers` must be false to use `Unmasked`'));
  }
  addFindings(errors, seccomp(context.seccompProfile, `${at}.seccompProfile`));
  if (allowPrivilegeEscalation === false && privileged === true) {
    const detail = 'cannot set `allowPrivilegeEscalation` to false and `privileged` to true';
    errors.push(invalid(at, context, detail));
  }
  if (allowPrivilegeEscalation === false && capabilities?.add?.includes('CAP_SYS_ADMIN') === true) {
    const detail = 'cannot set `allowPrivilegeEscalation` to false and `capabilities.Add` CAP_SYS_ADMIN';
    errors.push(invalid(at, context, detail));
  }
  return [...errors, ...appArmor(context.appArmorProfile, `${at}.appArmorProfile`)];
}
