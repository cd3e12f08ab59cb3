// The rules of probes and of the hooks of a container's life.
import type { FieldError } from '../definition.ts';
import { addFindings, forbidden, invalid, required } from '../field-error.ts';
import type { Container, Probe } from '../types.ts';
import { notNegative, oneOf, portNumber, portReference } from './numbers.ts';

type Hook = NonNullable<NonNullable<Container['lifecycle']>['preStop']>;
type Handler = Omit<Hook, 'sleep'> & Partial<Pick<Hook, 'sleep'>> & Pick<Probe, 'grpc'>;

const HANDLERS = ['exec', 'httpGet', 'tcpSocket', 'grpc', 'sleep'] as const;

/** `graceSeconds` is what the pod is given to end: a hook that sleeps longer would be cut short. */
function validateHandler(handler: Handler, at: string, graceSeconds: number): FieldError[] {
  const [used, ...surplus] = HANDLERS.filter((name) => handler[name] !== undefined);
  if (used === undefined) return [required(at, 'must specify a handler type')];
  const errors: FieldError[] = surplus.map((extra) =>
    forbidden(`${at}.${extra}`, 'may not specify more than 1 handler type'),
  );
  const { exec, httpGet, tcpSocket, grpc, sleep } = handler;
  if (used === 'exec' && (exec?.command ?? []).length === 0) errors.push(required(`${at}.exec.command`));
  if (used === 'httpGet' && httpGet !== undefined) addFindings(errors, validateHttpGet(httpGet, `${at}.httpGet`));
  if (used === 'tcpSocket') addFindings(errors, portReference(tcpSocket?.port, `${at}.tcpSocket.port`));
  if (used === 'grpc') addFindings(errors, portNumber(grpc?.port, `${at}.grpc.port`));
  const seconds = sleep?.seconds ?? 0;
  if (used === 'sleep' && (seconds < 0 || seconds > graceSeconds)) {
    const detail = `must be non-negative and less than terminationGracePeriodSeconds (${graceSeconds})`;
    errors.push(invalid(`${at}.sleep`, seconds, detail));
  }
  return errors;
}

const HEADER_MESSAGE =
  "a valid HTTP header must consist of alphanumeric characters or '-' (e.g. 'X-Header-Name', regex used for validation is '[-A-Za-z0-9]+')";

function validateHttpGet(action: NonNullable<Hook['httpGet']>, at: string): FieldError[] {
  const { path, port, scheme, httpHeaders = [] } = action;
  const errors = path ? [] : [required(`${at}.path`)];
  addFindings(errors, portReference(port, `${at}.port`));
  addFindings(errors, oneOf(scheme, `${at}.scheme`, ['HTTP', 'HTTPS'], 'required'));
  for (const { name } of httpHeaders)
    if (!/^[-A-Za-z0-9]+$/.test(name)) errors.push(invalid(`${at}.httpHeaders`, name, HEADER_MESSAGE));
  return errors;
}

const COUNTS = [
  'initialDelaySeconds',
  'timeoutSeconds',
  'periodSeconds',
  'successThreshold',
  'failureThreshold',
] as const;

function validateProbe(probe: Probe, at: string, graceSeconds: number): FieldError[] {
  const errors = validateHandler(probe, at, graceSeconds);
  for (const field of COUNTS) addFindings(errors, notNegative(probe[field], `${at}.${field}`));
  const grace = probe.terminationGracePeriodSeconds;
  if (grace !== undefined && grace <= 0)
    errors.push(invalid(`${at}.terminationGracePeriodSeconds`, grace, 'must be greater than 0'));
  return errors;
}

export const PROBES = ['livenessProbe', 'readinessProbe', 'startupProbe'] as const;

export function validateProbes(container: Container, at: string, graceSeconds: number): FieldError[] {
  const errors: FieldError[] = [];
  for (const name of PROBES) {
    const probe = container[name];
    if (probe === undefined) continue;
    addFindings(errors, validateProbe(probe, `${at}.${name}`, graceSeconds));
    const { successThreshold, terminationGracePeriodSeconds: grace } = probe;
    if (name === 'readinessProbe') {
      const place = `${at}.${name}.terminationGracePeriodSeconds`;
      if (grace !== undefined) errors.push(invalid(place, grace, 'must not be set for readinessProbes'));
    } else if (successThreshold !== undefined && successThreshold !== 1) {
      errors.push(invalid(`${at}.${name}.successThreshold`, successThreshold, 'must be 1'));
    }
  }
  for (const name of ['postStart', 'preStop'] as const) {
    const hook = container.lifecycle?.[name];
    if (hook !== undefined) addFindings(errors, validateHandler(hook, `${at}.lifecycle.${name}`, graceSeconds));
  }
  return errors;
}
