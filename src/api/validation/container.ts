// The rules of containers: images, ports, environment, mounts, probes, resources. Used for every place a pod spec occurs.
import type { FieldError } from '../definition.ts';
import { addFindings, duplicate, forbidden, invalid, notFound, notSupported, required } from '../field-error.ts';
import { compareQuantities, formatQuantity, isWhole, parseQuantity } from '../quantity.ts';
import type {
  Container,
  ContainerPort,
  EnvFromSource,
  EnvVar,
  Probe,
  ResourceRequirements,
  VolumeMount,
} from '../types.ts';
import { labelKeyProblems } from './labels.ts';
import { configKeyProblems, dns1123LabelProblems, envVarNameProblems, portNameProblems } from './names.ts';
import { notNegative, oneOf, portNumber, portReference, protocol, userId } from './numbers.ts';

export interface ContainerContext {
  readonly volumes: ReadonlySet<string>;
  readonly hostNetwork: boolean;
  readonly init: boolean;
}

const PULL_POLICIES = ['Always', 'IfNotPresent', 'Never'];

export function validateContainer(container: Container, at: string, context: ContainerContext): FieldError[] {
  const errors: FieldError[] = [];
  const { name, image, ports = [], env = [], envFrom = [], volumeMounts = [] } = container;
  if (!name) errors.push(required(`${at}.name`));
  else
    addFindings(
      errors,
      dns1123LabelProblems(name).map((problem) => invalid(`${at}.name`, name, problem)),
    );
  if (!image) errors.push(required(`${at}.image`));
  else if (image !== image.trim())
    errors.push(invalid(`${at}.image`, image, 'must not have leading or trailing whitespace'));
  addFindings(errors, oneOf(container.imagePullPolicy, `${at}.imagePullPolicy`, PULL_POLICIES, 'required'));
  addFindings(
    errors,
    oneOf(
      container.terminationMessagePolicy,
      `${at}.terminationMessagePolicy`,
      ['FallbackToLogsOnError', 'File'],
      'required',
    ),
  );
  addFindings(errors, validatePorts(ports, `${at}.ports`, context.hostNetwork));
  addFindings(errors, validateEnv(env, `${at}.env`), validateEnvFrom(envFrom, `${at}.envFrom`));
  addFindings(errors, validateMounts(volumeMounts, `${at}.volumeMounts`, context.volumes));
  addFindings(errors, validateResources(container.resources, `${at}.resources`));
  addFindings(errors, validateSecurity(container, `${at}.securityContext`));
  return [...errors, ...validateLifecycle(container, at, context)];
}

function validateSecurity({ securityContext }: Container, at: string): FieldError[] {
  if (securityContext === undefined) return [];
  const { allowPrivilegeEscalation, capabilities, privileged, runAsGroup, runAsUser } = securityContext;
  const errors = [...userId(runAsUser, `${at}.runAsUser`), ...userId(runAsGroup, `${at}.runAsGroup`)];
  if (allowPrivilegeEscalation === false) {
    if (privileged === true) {
      errors.push(
        invalid(at, securityContext, 'cannot set `allowPrivilegeEscalation` to false and `privileged` to true'),
      );
    }
    if (capabilities?.add?.some((capability) => capability === 'CAP_SYS_ADMIN') === true) {
      const detail = 'cannot set `allowPrivilegeEscalation` to false and `capabilities.Add` CAP_SYS_ADMIN';
      errors.push(invalid(at, securityContext, detail));
    }
  }
  return errors;
}

function validateLifecycle(container: Container, at: string, context: ContainerContext): FieldError[] {
  const sidecar = container.restartPolicy === 'Always';
  if (context.init && !sidecar) {
    return (['livenessProbe', 'readinessProbe', 'startupProbe', 'lifecycle'] as const)
      .filter((field) => container[field] !== undefined)
      .map((field) => forbidden(`${at}.${field}`, 'may not be set for init containers without restartPolicy=Always'));
  }
  const errors = validateProbe(container.livenessProbe, `${at}.livenessProbe`);
  addFindings(errors, validateProbe(container.readinessProbe, `${at}.readinessProbe`));
  addFindings(errors, validateProbe(container.startupProbe, `${at}.startupProbe`));
  for (const field of ['livenessProbe', 'startupProbe'] as const) {
    const threshold = container[field]?.successThreshold;
    if (threshold !== undefined && threshold !== 1)
      errors.push(invalid(`${at}.${field}.successThreshold`, threshold, 'must be 1'));
  }
  for (const field of ['postStart', 'preStop'] as const)
    addFindings(errors, validateHook(container.lifecycle?.[field], `${at}.lifecycle.${field}`));
  return errors;
}

type LifecycleHandler = NonNullable<NonNullable<Container['lifecycle']>['preStop']>;

const HOOKS = ['exec', 'httpGet', 'sleep', 'tcpSocket'] as const;

function validateHook(hook: LifecycleHandler | undefined, at: string): FieldError[] {
  if (hook === undefined) return [];
  const errors: FieldError[] = [];
  const used = HOOKS.filter((handler) => hook[handler] !== undefined);
  if (used.length === 0) errors.push(required(at, 'must specify a handler type'));
  for (const extra of used.slice(1))
    errors.push(forbidden(`${at}.${extra}`, 'may not specify more than 1 handler type'));
  if (hook.exec !== undefined && (hook.exec.command ?? []).length === 0) errors.push(required(`${at}.exec.command`));
  if (hook.httpGet !== undefined) addFindings(errors, portReference(hook.httpGet.port, `${at}.httpGet.port`));
  if (hook.tcpSocket !== undefined) addFindings(errors, portReference(hook.tcpSocket.port, `${at}.tcpSocket.port`));
  return errors;
}

const HANDLERS = ['exec', 'httpGet', 'tcpSocket', 'grpc'] as const;

function validateProbe(probe: Probe | undefined, at: string): FieldError[] {
  if (probe === undefined) return [];
  const errors: FieldError[] = [];
  const used = HANDLERS.filter((handler) => probe[handler] !== undefined);
  if (used.length === 0) errors.push(required(at, 'must specify a handler type'));
  for (const extra of used.slice(1))
    errors.push(forbidden(`${at}.${extra}`, 'may not specify more than 1 handler type'));
  if (probe.exec !== undefined && (probe.exec.command ?? []).length === 0) errors.push(required(`${at}.exec.command`));
  if (probe.httpGet !== undefined) {
    if (!probe.httpGet.path) errors.push(required(`${at}.httpGet.path`));
    addFindings(errors, portReference(probe.httpGet.port, `${at}.httpGet.port`));
    addFindings(errors, oneOf(probe.httpGet.scheme, `${at}.httpGet.scheme`, ['HTTP', 'HTTPS'], 'required'));
  }
  if (probe.tcpSocket !== undefined) addFindings(errors, portReference(probe.tcpSocket.port, `${at}.tcpSocket.port`));
  if (probe.grpc !== undefined) addFindings(errors, portNumber(probe.grpc.port, `${at}.grpc.port`));
  for (const field of [
    'initialDelaySeconds',
    'timeoutSeconds',
    'periodSeconds',
    'successThreshold',
    'failureThreshold',
  ] as const) {
    addFindings(errors, notNegative(probe[field], `${at}.${field}`));
  }
  return errors;
}

function validatePorts(ports: readonly ContainerPort[], at: string, hostNetwork: boolean): FieldError[] {
  const errors: FieldError[] = [];
  const names = new Set<string>();
  for (const [index, port] of ports.entries()) {
    const place = `${at}[${index}]`;
    if (port.name) {
      addFindings(
        errors,
        portNameProblems(port.name).map((problem) => invalid(`${place}.name`, port.name, problem)),
      );
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

const DOWNWARD_FIELDS = [
  'metadata.name',
  'metadata.namespace',
  'metadata.uid',
  'spec.nodeName',
  'spec.serviceAccountName',
  'status.hostIP',
  'status.hostIPs',
  'status.podIP',
  'status.podIPs',
];

function validateEnv(variables: readonly EnvVar[], at: string): FieldError[] {
  const errors: FieldError[] = [];
  for (const [index, { name, value, valueFrom }] of variables.entries()) {
    const place = `${at}[${index}]`;
    if (!name) errors.push(required(`${place}.name`));
    else
      addFindings(
        errors,
        envVarNameProblems(name).map((problem) => invalid(`${place}.name`, name, problem)),
      );
    if (valueFrom === undefined) continue;
    const from = `${place}.valueFrom`;
    const sources = Object.values(valueFrom).filter((source) => source !== undefined).length;
    if (sources === 0)
      errors.push(
        invalid(from, '', 'must specify one of: `fieldRef`, `resourceFieldRef`, `configMapKeyRef` or `secretKeyRef`'),
      );
    else if (value) errors.push(invalid(from, '', 'may not be specified when `value` is not empty'));
    else if (sources > 1) errors.push(invalid(from, '', 'may not have more than one field specified at a time'));
    const fieldPath = valueFrom.fieldRef?.fieldPath;
    if (valueFrom.fieldRef !== undefined && !isDownwardField(fieldPath ?? '')) {
      if (!fieldPath) errors.push(required(`${from}.fieldRef.fieldPath`));
      else errors.push(notSupported(`${from}.fieldRef.fieldPath`, fieldPath, DOWNWARD_FIELDS));
    }
    for (const field of ['configMapKeyRef', 'secretKeyRef'] as const) {
      const reference = valueFrom[field];
      if (reference === undefined) continue;
      if (!reference.name) errors.push(required(`${from}.${field}.name`));
      if (!reference.key) errors.push(required(`${from}.${field}.key`));
      else
        addFindings(
          errors,
          configKeyProblems(reference.key).map((problem) => invalid(`${from}.${field}.key`, reference.key, problem)),
        );
    }
  }
  return errors;
}

function isDownwardField(path: string): boolean {
  return DOWNWARD_FIELDS.includes(path) || /^metadata\.(labels|annotations)\['[^']+'\]$/.test(path);
}

function validateEnvFrom(sources: readonly EnvFromSource[], at: string): FieldError[] {
  const errors: FieldError[] = [];
  for (const [index, { prefix, configMapRef, secretRef }] of sources.entries()) {
    const place = `${at}[${index}]`;
    if (prefix)
      addFindings(
        errors,
        envVarNameProblems(prefix).map((problem) => invalid(`${place}.prefix`, prefix, problem)),
      );
    if (configMapRef === undefined && secretRef === undefined) {
      errors.push(invalid(place, '', 'must specify one of: `configMapRef` or `secretRef`'));
    } else if (configMapRef !== undefined && secretRef !== undefined) {
      errors.push(invalid(place, '', 'may not have more than one field specified at a time'));
    }
    if (configMapRef !== undefined && !configMapRef.name) errors.push(required(`${place}.configMapRef.name`));
    if (secretRef !== undefined && !secretRef.name) errors.push(required(`${place}.secretRef.name`));
  }
  return errors;
}

function validateMounts(mounts: readonly VolumeMount[], at: string, volumes: ReadonlySet<string>): FieldError[] {
  const errors: FieldError[] = [];
  const paths = new Set<string>();
  for (const [index, mount] of mounts.entries()) {
    const place = `${at}[${index}]`;
    if (!mount.name) errors.push(required(`${place}.name`));
    else if (!volumes.has(mount.name)) errors.push(notFound(`${place}.name`, mount.name));
    if (!mount.mountPath) errors.push(required(`${place}.mountPath`));
    else if (paths.has(mount.mountPath)) errors.push(invalid(`${place}.mountPath`, mount.mountPath, 'must be unique'));
    paths.add(mount.mountPath);
    for (const field of ['subPath', 'subPathExpr'] as const) {
      const path = mount[field];
      if (path?.startsWith('/')) errors.push(invalid(`${place}.${field}`, path, 'must be a relative path'));
      if (path?.split('/').includes('..')) errors.push(invalid(`${place}.${field}`, path, "must not contain '..'"));
    }
    if (mount.subPath && mount.subPathExpr) {
      errors.push(invalid(`${place}.subPathExpr`, mount.subPathExpr, 'subPathExpr and subPath are mutually exclusive'));
    }
  }
  return errors;
}

/** Resources that may be asked for by their short name; others need a domain. */
const STANDARD = /^(cpu|memory|ephemeral-storage|hugepages-.+)$/;

export function validateResources(resources: ResourceRequirements | undefined, at: string): FieldError[] {
  const { limits = {}, requests = {} } = resources ?? {};
  return [
    ...validateAmounts(limits, `${at}.limits`),
    ...validateAmounts(requests, `${at}.requests`),
    ...validateWithinLimits(requests, limits, at),
  ];
}

function validateAmounts(amounts: Readonly<Record<string, string>>, at: string): FieldError[] {
  const errors: FieldError[] = [];
  for (const [name, text] of Object.entries(amounts)) {
    const place = `${at}[${name}]`;
    addFindings(
      errors,
      labelKeyProblems(name).map((problem) => invalid(place, name, problem)),
    );
    if (!STANDARD.test(name) && !name.includes('/')) {
      errors.push(invalid(place, name, 'must be a standard resource type or fully qualified'));
    }
    const quantity = parseQuantity(text);
    if (quantity === undefined) continue;
    if (quantity.nanos < 0n) errors.push(invalid(place, text, 'must be greater than or equal to 0'));
    if (!STANDARD.test(name) && !isWhole(quantity)) errors.push(invalid(place, text, 'must be an integer'));
  }
  return errors;
}

function validateWithinLimits(
  requests: Readonly<Record<string, string>>,
  limits: Readonly<Record<string, string>>,
  at: string,
): FieldError[] {
  const errors: FieldError[] = [];
  for (const [name, text] of Object.entries(requests)) {
    const request = parseQuantity(text);
    const limit = Object.hasOwn(limits, name) ? parseQuantity(limits[name] ?? '') : undefined;
    if (request === undefined || limit === undefined) continue;
    if (compareQuantities(request, limit) > 0) {
      errors.push(
        invalid(`${at}.requests`, text, `must be less than or equal to ${name} limit of ${formatQuantity(limit)}`),
      );
    } else if (name.includes('/') && compareQuantities(request, limit) !== 0) {
      errors.push(invalid(`${at}.requests`, text, `must be equal to ${name} limit of ${formatQuantity(limit)}`));
    }
  }
  return errors;
}
