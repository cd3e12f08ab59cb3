// The environment of a container: services, envFrom, env with references and $(VAR) expansion, in Kubernetes' order:
// services first, then envFrom, then env; what comes later wins.
import type { Container, EnvVar, Service } from '../../api/index.ts';
import type { ApiAddressForPods } from '../options.ts';
import { type DownwardFacts, fieldValue, resourceValue } from './downward.ts';
import { ConfigError, contentOf, type ReferencedObjects } from './objects.ts';

export interface EnvironmentInput {
  readonly container: Container;
  readonly facts: DownwardFacts;
  readonly objects: ReferencedObjects;
  /** Services of the pod's namespace. */
  readonly services: readonly Service[];
  readonly api: ApiAddressForPods;
}

/** Throws ConfigError when something referred to is not there and not optional. */
export async function environmentOf(input: EnvironmentInput): Promise<Map<string, string>> {
  const { container, facts } = input;
  const links = facts.pod.spec?.enableServiceLinks !== false;
  const services = serviceVariables(links ? input.services : [], input.api);
  const result = new Map<string, string>();
  for (const source of container.envFrom ?? []) {
    for (const [key, value] of await sourceVariables(input, source)) result.set(`${source.prefix ?? ''}${key}`, value);
  }
  for (const variable of container.env ?? []) {
    const value = await variableValue(input, variable, (name) => result.get(name) ?? services.get(name));
    if (value !== undefined) result.set(variable.name, value);
  }
  for (const [name, value] of services) if (!result.has(name)) result.set(name, value);
  return result;
}

async function sourceVariables(
  { facts, objects }: EnvironmentInput,
  source: NonNullable<Container['envFrom']>[number],
): Promise<ReadonlyMap<string, string>> {
  const namespace = facts.pod.metadata.namespace ?? '';
  const { configMapRef, secretRef } = source;
  const name = configMapRef?.name ?? secretRef?.name ?? '';
  const object =
    configMapRef === undefined ? await objects.secret(namespace, name) : await objects.configMap(namespace, name);
  if (object === undefined) {
    if ((configMapRef?.optional ?? secretRef?.optional) === true) return new Map();
    throw new ConfigError(`${configMapRef === undefined ? 'secret' : 'configmap'} "${name}" not found`);
  }
  return new Map([...contentOf(object)].map(([key, value]) => [key, value.toString()]));
}

async function variableValue(
  { container, facts, objects }: EnvironmentInput,
  variable: EnvVar,
  known: (name: string) => string | undefined,
): Promise<string | undefined> {
  const from = variable.valueFrom;
  if (from === undefined) return expand(variable.value ?? '', known);
  if (from.fieldRef !== undefined) return fieldValue(from.fieldRef.fieldPath, facts);
  if (from.resourceFieldRef !== undefined) return resourceValue(from.resourceFieldRef, container.name, facts);
  const reference = from.configMapKeyRef ?? from.secretKeyRef;
  if (reference === undefined) throw new ConfigError(`environment variable ${variable.name} has no source`);
  const kind = from.configMapKeyRef === undefined ? 'secret' : 'configmap';
  const namespace = facts.pod.metadata.namespace ?? '';
  const name = reference.name ?? '';
  const object = kind === 'secret' ? await objects.secret(namespace, name) : await objects.configMap(namespace, name);
  if (object === undefined) {
    if (reference.optional === true) return undefined;
    throw new ConfigError(`${kind} "${name}" not found`);
  }
  const value = contentOf(object).get(reference.key);
  if (value === undefined && reference.optional !== true) {
    const title = kind === 'secret' ? 'Secret' : 'ConfigMap';
    throw new ConfigError(`couldn't find key ${reference.key} in ${title} ${namespace}/${name}`);
  }
  return value?.toString();
}

/** `$(NAME)` becomes the value when there is one; `$$` is a dollar sign; everything else stays. */
export function expand(text: string, known: (name: string) => string | undefined): string {
  return text.replace(/\$(\$|\(([^)]*)\))/g, (whole, inner: string, name: string | undefined) =>
    inner === '$' ? '$' : (known(name ?? '') ?? whole),
  );
}

/** The variables that tell of services, and where the API is. */
function serviceVariables(services: readonly Service[], api: ApiAddressForPods): Map<string, string> {
  const variables = new Map<string, string>();
  for (const service of services) {
    const ip = service.spec?.clusterIP ?? '';
    if (ip === '' || ip === 'None') continue;
    addService(variables, service.metadata?.name ?? '', ip, service.spec?.ports ?? []);
  }
  // Written last: the service's own address is not routed to, this one is.
  addService(variables, 'kubernetes', api.host, [{ name: 'https', port: api.port, protocol: 'TCP' }]);
  return variables;
}

function addService(
  variables: Map<string, string>,
  service: string,
  ip: string,
  ports: readonly { readonly name?: string; readonly port: number; readonly protocol?: string }[],
): void {
  const screaming = (text: string): string => text.toUpperCase().replaceAll('-', '_');
  const name = screaming(service);
  variables.set(`${name}_SERVICE_HOST`, ip);
  for (const [index, { name: portName, port, protocol = 'TCP' }] of ports.entries()) {
    const url = `${protocol.toLowerCase()}://${ip.includes(':') ? `[${ip}]` : ip}:${port}`;
    if (index === 0) {
      variables.set(`${name}_SERVICE_PORT`, String(port));
      variables.set(`${name}_PORT`, url);
    }
    if (portName !== undefined && portName !== '') {
      variables.set(`${name}_SERVICE_PORT_${screaming(portName)}`, String(port));
    }
    const prefix = `${name}_PORT_${port}_${protocol.toUpperCase()}`;
    variables.set(prefix, url);
    variables.set(`${prefix}_PROTO`, protocol.toLowerCase());
    variables.set(`${prefix}_PORT`, String(port));
    variables.set(`${prefix}_ADDR`, ip);
  }
}
