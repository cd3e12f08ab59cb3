// A client whose every operation on a register becomes a line of the history, with an honest outcome: acknowledged; failed
// only when the server refused or nobody accepted the connection; otherwise unknown. Registers are ConfigMaps.
import type { Clock } from '../../src/lib/index.ts';
import type { Listing, Operation, Refusal, Version } from '../history/operation.ts';
import type { Answer, PlainClient } from '../http.ts';
import { gatherParts } from './parts.ts';
import { type ConfigMap, parseListing, versionOf } from './versions.ts';

/** Where all registers of an experiment live. */
export const NAMESPACE = 'chaos';
/** Where they are found. */
export const REGISTERS = `/api/v1/namespaces/${NAMESPACE}/configmaps`;
const NAMESPACES = '/api/v1/namespaces';
/** The label by which the members of a set are listed. */
const SET_LABEL = 'quorate-set';

export interface RecordedClientOptions {
  readonly client: PlainClient;
  /** The server asked, or `balancer`. */
  readonly via: string;
  readonly clock: Clock;
  /** A number that no other client has or had. */
  readonly nextProcess: () => number;
  readonly record: (operation: Operation) => void;
}

export interface RecordedClient {
  read(key: string): Promise<Operation>;
  write(key: string, value: string): Promise<Operation>;
  cas(key: string, value: string, revision: number): Promise<Operation>;
  create(key: string, value: string, set?: string): Promise<Operation>;
  remove(key: string): Promise<Operation>;
  /** Members of a set, whose keys are its name, a dash and more. */
  list(set: string): Promise<Operation>;
  /** Creates a family: a namespace, and what comes with it. */
  compose(family: string): Promise<Operation>;
  /** Which parts of it are there, as of one revision; the first that is asked for is a number below three. */
  parts(family: string, first: number): Promise<Operation>;
}

type Perform = (
  begun: Pick<Operation, 'type' | 'key' | 'argument'>,
  ask: () => Promise<Answer>,
  resultOf: (body: string) => unknown,
  refusals: Readonly<Record<number, Refusal>>,
) => Promise<Operation>;

/** Asks, and completes the operation with what came back; `resultOf` reads an acknowledgement. */
function performer(options: RecordedClientOptions): Perform {
  const { clock, via, record } = options;
  let process = options.nextProcess();
  const nanoseconds = (): number => Math.round(clock.monotonic() * 1e6);
  return async (begun, ask, resultOf, refusals) => {
    const start = nanoseconds();
    const answer = await ask();
    const base = { process, ...begun, result: null, start, end: nanoseconds(), via };
    const operation = completed(base, answer, resultOf, refusals) as Operation;
    if (operation.outcome === 'unknown') process = options.nextProcess();
    record(operation);
    return operation;
  };
}

function revisionOf(body: string): { revision: number } {
  return { revision: Number((JSON.parse(body) as ConfigMap).metadata.resourceVersion) };
}

export function recordedClient(options: RecordedClientOptions): RecordedClient {
  const { client } = options;
  const perform = performer(options);
  return {
    read(key) {
      const begun = { type: 'read', key, argument: null } as const;
      return perform(begun, () => client.send('GET', `${REGISTERS}/${key}`), foundVersion, {});
    },
    write(key, value) {
      const begun = { type: 'write', key, argument: { value } } as const;
      return perform(begun, () => client.send('PUT', `${REGISTERS}/${key}`, body(key, value)), revisionOf, {
        404: 'absent',
      });
    },
    cas(key, value, revision) {
      const begun = { type: 'cas', key, argument: { value, revision } } as const;
      const ask = () =>
        client.send('PUT', `${REGISTERS}/${key}`, body(key, value, { resourceVersion: String(revision) }));
      return perform(begun, ask, revisionOf, { 404: 'absent', 409: 'conflict' });
    },
    create(key, value, set) {
      const begun = { type: 'create', key, argument: { value } } as const;
      const labels = set === undefined ? {} : { labels: { [SET_LABEL]: set } };
      return perform(begun, () => client.send('POST', REGISTERS, body(key, value, labels)), revisionOf, {
        409: 'exists',
      });
    },
    remove(key) {
      const begun = { type: 'delete', key, argument: null } as const;
      return perform(
        begun,
        () => client.send('DELETE', `${REGISTERS}/${key}`),
        () => null,
        { 404: 'absent' },
      );
    },
    list(set) {
      const begun = { type: 'list', key: `${set}-`, argument: null } as const;
      return perform(
        begun,
        () => client.send('GET', `${REGISTERS}?labelSelector=${SET_LABEL}%3D${set}`),
        parseListing,
        {},
      );
    },
    compose(key) {
      const begun = { type: 'compose', key, argument: null } as const;
      const namespace = { apiVersion: 'v1', kind: 'Namespace', metadata: { name: key } };
      return perform(begun, () => client.send('POST', NAMESPACES, namespace), revisionOf, { 409: 'exists' });
    },
    parts(key, first) {
      const begun = { type: 'parts', key, argument: null } as const;
      return perform(
        begun,
        () => gatherParts(client, key, first),
        (body) => JSON.parse(body) as Listing,
        {},
      );
    },
  };
}

function body(name: string, value: string, metadata: object = {}): object {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, ...metadata }, data: { value } };
}

function completed(
  base: object,
  answer: Answer,
  resultOf: (body: string) => unknown,
  refusals: Readonly<Record<number, Refusal>>,
): object {
  if (answer.kind === 'ended') {
    const sent = answer.refused ? { outcome: 'failed', refusal: 'other' } : { outcome: 'unknown' };
    return { ...base, ...sent, error: answer.reason };
  }
  const { status } = answer;
  if (status < 300) return { ...base, outcome: 'ok', result: resultOf(answer.body) };
  // A read of nothing is an answer like any other.
  if (status === 404 && refusals[404] === undefined) return { ...base, outcome: 'ok', result: null };
  const error = `${status} ${answer.body.slice(0, 200)}`;
  // A server in trouble may have passed the command on before it was.
  if (status >= 500) return { ...base, outcome: 'unknown', error };
  return { ...base, outcome: 'failed', refusal: refusals[status] ?? 'other', error };
}

function foundVersion(text: string): Version {
  return versionOf(JSON.parse(text) as ConfigMap);
}
