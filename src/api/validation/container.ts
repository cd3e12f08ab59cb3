// The rules of containers of every kind (ordinary ones, those that run before, and those that are added to debug), wherever
// a pod spec occurs. What they say of environment, mounts, probes, resources and security has files of its own.
import type { FieldError } from '../definition.ts';
import {
  addFindings,
  duplicate,
  forbidden,
  invalid,
  isFull,
  notFound,
  notSupported,
  problemsAt,
  required,
  tooLong,
} from '../field-error.ts';
import { isEmptyJson } from '../json.ts';
import type { Container, ContainerPort, EphemeralContainer, PodSpec, Volume } from '../types.ts';
import { validateEnv, validateEnvFrom } from './container-env.ts';
import { validateDevices, validateMounts } from './container-mounts.ts';
import { PROBES, validateProbes } from './container-probes.ts';
import { dnsLabel } from './findings.ts';
import { portNameProblems } from './names.ts';
import { oneOf, portNumber, protocol } from './numbers.ts';
import { validateResizePolicy, validateResources } from './resources.ts';
import { validateSecurity } from './security-context.ts';

interface ContainerContext {
  readonly spec: PodSpec;
  readonly volumes: ReadonlyMap<string, Volume>;
  /** The names in the pod's resourceClaims. */
  readonly claims: ReadonlySet<string>;
}

/** All containers of a pod spec: each by itself, and that they do not get into each other's way. */
export function validateContainers(spec: PodSpec, at: string, claims: ReadonlySet<string>): FieldError[] {
  const errors: FieldError[] = [];
  const volumes = new Map((spec.volumes ?? []).map((volume) => [volume.name, volume]));
  const context: ContainerContext = { spec, volumes, claims };
  const names = new Set<string>();
  const takeName = (name: string, place: string): void => {
    if (name && names.has(name)) errors.push(duplicate(`${place}.name`, name));
    names.add(name);
  };
  if ((spec.containers ?? []).length === 0) errors.push(required(`${at}.containers`));
  for (const [index, container] of (spec.containers ?? []).entries()) {
    if (isFull(errors)) break;
    const place = `${at}.containers[${index}]`;
    addFindings(errors, validateCommon(container, place, context), validateRestarts(container, place));
    addFindings(errors, validateProbes(container, place, graceSeconds(spec)));
    takeName(container.name, place);
  }
  addFindings(errors, hostPortConflicts(spec.containers ?? [], `${at}.containers`));
  for (const [index, container] of (spec.initContainers ?? []).entries()) {
    if (isFull(errors)) break;
    const place = `${at}.initContainers[${index}]`;
    addFindings(errors, validateCommon(container, place, context), validateRestarts(container, place));
    addFindings(errors, validateInitLife(container, place, spec));
    addFindings(errors, hostPortConflicts([container], `${at}.initContainers`));
    takeName(container.name, place);
  }
  const targets = new Set(names);
  for (const [index, container] of (spec.ephemeralContainers ?? []).entries()) {
    if (isFull(errors)) break;
    const place = `${at}.ephemeralContainers[${index}]`;
    addFindings(errors, validateCommon(container, place, context));
    takeName(container.name, place);
    addFindings(errors, validateEphemeral(container, place, targets));
  }
  return errors;
}

/** Less than nothing means one second. */
function graceSeconds({ terminationGracePeriodSeconds: seconds = 30 }: PodSpec): number {
  return seconds < 0 ? 1 : seconds;
}

const PULL_POLICIES = ['Always', 'IfNotPresent', 'Never'];
const MESSAGE_POLICIES = ['FallbackToLogsOnError', 'File'];

function validateCommon(container: Container, at: string, { spec, volumes, claims }: ContainerContext): FieldError[] {
  const { name, image, env = [], envFrom = [], resizePolicy = [], terminationMessagePolicy } = container;
  const errors = name ? dnsLabel(name, `${at}.name`) : [required(`${at}.name`)];
  if (!image) errors.push(required(`${at}.image`));
  else if (image !== image.trim())
    errors.push(invalid(`${at}.image`, image, 'must not have leading or trailing whitespace'));
  addFindings(
    errors,
    oneOf(terminationMessagePolicy, `${at}.terminationMessagePolicy`, MESSAGE_POLICIES, 'required'),
    validatePorts(container.ports ?? [], `${at}.ports`, spec.hostNetwork === true),
    validateEnv(env, `${at}.env`),
    validateEnvFrom(envFrom, `${at}.envFrom`),
    validateMounts(container, `${at}.volumeMounts`, volumes),
    validateDevices(container, `${at}.volumeDevices`, volumes),
    oneOf(container.imagePullPolicy, `${at}.imagePullPolicy`, PULL_POLICIES, 'required'),
    validateResources(container.resources, `${at}.resources`, claims),
    validateResizePolicy(resizePolicy, `${at}.resizePolicy`, spec.restartPolicy),
    validateSecurity(container.securityContext, `${at}.securityContext`, spec.hostUsers !== false),
  );
  return errors;
}

const RESTART_POLICIES = ['Always', 'Never', 'OnFailure'];
const RESTART_ACTIONS = ['Restart', 'RestartAllContainers'];
const RESTART_RULES_LIMIT = 20;
const EXIT_CODES_LIMIT = 255;

/** A container may be restarted otherwise than its pod; exit codes may decide. */
function validateRestarts({ restartPolicy, restartPolicyRules = [] }: Container, at: string): FieldError[] {
  const errors = oneOf(restartPolicy, `${at}.restartPolicy`, RESTART_POLICIES, 'optional');
  if (restartPolicy === undefined && restartPolicyRules.length > 0)
    errors.push(required(`${at}.restartPolicy`, 'must specify restartPolicy when restart rules are used'));
  if (restartPolicyRules.length > RESTART_RULES_LIMIT)
    errors.push(tooLong(`${at}.restartPolicyRules`, RESTART_RULES_LIMIT));
  for (const [index, { action, exitCodes }] of restartPolicyRules.entries()) {
    const place = `${at}.restartPolicyRules[${index}]`;
    if (!RESTART_ACTIONS.includes(action)) errors.push(notSupported(`${place}.action`, action, RESTART_ACTIONS));
    if (exitCodes === undefined) {
      errors.push(required(`${place}.exitCodes`, 'must be specified'));
      continue;
    }
    const { operator, values = [] } = exitCodes;
    if (operator !== 'In' && operator !== 'NotIn')
      errors.push(notSupported(`${place}.exitCodes.operator`, operator, ['In', 'NotIn']));
    if (values.length > EXIT_CODES_LIMIT) errors.push(tooLong(`${place}.exitCodes.values`, EXIT_CODES_LIMIT));
  }
  return errors;
}

/** Only an init container that stays, a sidecar, is probed and has hooks. */
function validateInitLife(container: Container, at: string, spec: PodSpec): FieldError[] {
  if (container.restartPolicy === 'Always') return validateProbes(container, at, graceSeconds(spec));
  return (['lifecycle', ...PROBES] as const)
    .filter((field) => container[field] !== undefined)
    .map((field) => forbidden(`${at}.${field}`, 'may not be set for init containers without restartPolicy=Always'));
}

/** What a container that is added to look into a pod may say: nothing that the pod would come to depend on. */
const EPHEMERAL_FIELDS: ReadonlySet<string> = new Set([
  'name',
  'image',
  'command',
  'args',
  'workingDir',
  'envFrom',
  'env',
  'volumeMounts',
  'volumeDevices',
  'terminationMessagePath',
  'terminationMessagePolicy',
  'imagePullPolicy',
  'securityContext',
  'stdin',
  'stdinOnce',
  'tty',
  'targetContainerName',
]);
const NOT_EPHEMERAL = 'cannot be set for an Ephemeral Container';

function validateEphemeral(container: EphemeralContainer, at: string, targets: ReadonlySet<string>): FieldError[] {
  const { targetContainerName: target } = container;
  const errors = target && !targets.has(target) ? [notFound(`${at}.targetContainerName`, target)] : [];
  for (const [field, value] of Object.entries(container))
    if (!EPHEMERAL_FIELDS.has(field) && !isEmptyJson(value)) errors.push(forbidden(`${at}.${field}`, NOT_EPHEMERAL));
  for (const [index, mount] of (container.volumeMounts ?? []).entries()) {
    for (const field of ['subPath', 'subPathExpr'] as const)
      if (mount[field]) errors.push(forbidden(`${at}.volumeMounts[${index}].${field}`, NOT_EPHEMERAL));
  }
  return errors;
}

function hostPortConflicts(containers: readonly Container[], at: string): FieldError[] {
  const errors: FieldError[] = [];
  const used = new Set<string>();
  for (const [index, { ports = [] }] of containers.entries()) {
    for (const [position, { hostPort, hostIP = '', protocol }] of ports.entries()) {
      if (!hostPort) continue;
      const identity = `${protocol}/${hostIP}/${hostPort}`;
      if (used.has(identity)) errors.push(duplicate(`${at}[${index}].ports[${position}].hostPort`, identity));
      used.add(identity);
    }
  }
  return errors;
}

function validatePorts(ports: readonly ContainerPort[], at: string, hostNetwork: boolean): FieldError[] {
  const errors: FieldError[] = [];
  const names = new Set<string>();
  for (const [index, port] of ports.entries()) {
    const place = `${at}[${index}]`;
    if (port.name) {
      addFindings(errors, problemsAt(`${place}.name`, port.name, portNameProblems(port.name)));
      if (names.has(port.name)) errors.push(duplicate(`${place}.name`, port.name));
      names.add(port.name);
    }
    if (!port.containerPort) errors.push(required(`${place}.containerPort`));
    else addFindings(errors, portNumber(port.containerPort, `${place}.containerPort`));
    if (port.hostPort) addFindings(errors, portNumber(port.hostPort, `${place}.hostPort`));
    if (hostNetwork && port.hostPort !== undefined && port.hostPort !== port.containerPort) {
      errors.push(invalid(`${place}.hostPort`, port.hostPort, 'must match `containerPort` when `hostNetwork` is true'));
    }
    addFindings(errors, protocol(port.protocol, `${place}.protocol`));
  }
  return errors;
}
