// The log of a container: asked of the kubelet that runs it, and passed through as it comes.
import { request as httpRequest, type IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { pipeline } from 'node:stream/promises';
import {
  ApiError,
  badRequestError,
  type FieldError,
  internalError,
  invalid,
  invalidError,
  type Node,
  notFoundError,
  type Pod,
  type PodSpec,
} from '../../api/index.ts';
import { codeOf, messageOf } from '../../lib/index.ts';
import { storeKey } from '../../store/index.ts';
import type { AppContext } from '../http/env.ts';
import { answered } from '../http/exchange.ts';
import { beginStream } from '../http/respond.ts';
import { KUBELET_ANSWER_LIMIT_BYTES, KUBELET_CONNECT_TIMEOUT_MS } from '../limits.ts';
import { isTrue } from '../request-info/parse.ts';
import { fromStored } from '../storage/codec.ts';
import { readObject } from './get.ts';
import type { Answer, Operation } from './operation.ts';

/** Query parameters that the kubelet understands, passed on as they are. */
const PASSED_ON = ['follow', 'previous', 'timestamps', 'sinceSeconds', 'sinceTime', 'tailLines', 'limitBytes'];

export async function handleLog(operation: Operation, c: AppContext): Promise<Answer> {
  const { info, query } = operation;
  const { snapshot, object } = await readObject({ ...operation, query: new URLSearchParams() });
  const pod = fromStored<Pod>(object);
  const options = logQuery(info.name, query);
  const container = chooseContainer(pod, query.get('container') ?? '');
  const nodeName = pod.spec?.nodeName ?? '';
  // A pod that waits for a node has said nothing yet.
  if (nodeName === '') return { kind: 'taken', response: c.body('', 200, { 'content-type': 'text/plain' }) };
  const stored = snapshot.get(storeKey('nodes', '', nodeName));
  if (stored === undefined) throw notFoundError({ group: '', plural: 'nodes' }, nodeName);
  const address = kubeletAddress(fromStored<Node>(stored), nodeName);
  const path = `/containerLogs/${encodeURIComponent(info.namespace)}/${encodeURIComponent(info.name)}/${encodeURIComponent(container)}`;
  const upstream = await askKubelet(operation, address, `${path}?${options}`);
  return passOn(operation, c, upstream);
}

function logQuery(podName: string, query: URLSearchParams): URLSearchParams {
  const errors: FieldError[] = [];
  for (const [name, least] of [
    ['tailLines', 0],
    ['limitBytes', 1],
    ['sinceSeconds', 1],
  ] as const) {
    const text = query.get(name);
    if (text === null || text === '') continue;
    if (!/^-?\d{1,15}$/.test(text)) throw badRequestError(`invalid ${name}: ${JSON.stringify(text)} is not a number`);
    if (Number(text) < least)
      errors.push(invalid(name, Number(text), `must be greater than ${least === 0 ? 'or equal to 0' : '0'}`));
  }
  if (query.get('sinceSeconds') && query.get('sinceTime'))
    throw badRequestError('at most one of `sinceTime` or `sinceSeconds` may be specified');
  if (errors.length > 0) throw invalidError({ group: '', kind: 'PodLogOptions' }, podName, errors);
  const passed = new URLSearchParams();
  for (const name of PASSED_ON) {
    const value = query.get(name);
    if (value === null || value === '') continue;
    passed.set(name, name === 'follow' || name === 'previous' || name === 'timestamps' ? String(isTrue(value)) : value);
  }
  return passed;
}

/** Throws ApiError 400, worded as Kubernetes words it, unless one container is meant. */
export function chooseContainer(pod: Pod, asked: string): string {
  const names = containerNames(pod.spec);
  const podName = pod.metadata?.name ?? '';
  if (asked !== '') {
    if (names.includes(asked)) return asked;
    throw badRequestError(`container ${asked} is not valid for pod ${podName}`);
  }
  const regular = (pod.spec?.containers ?? []).map(({ name }) => name);
  const usual = pod.metadata?.annotations?.['kubectl.kubernetes.io/default-container'];
  if (usual !== undefined && names.includes(usual)) return usual;
  const [only] = regular;
  if (regular.length === 1 && only !== undefined) return only;
  const init = (pod.spec?.initContainers ?? []).map(({ name }) => name);
  const others = init.length === 0 ? '' : ` or one of the init containers: [${init.join(' ')}]`;
  throw badRequestError(
    `a container name must be specified for pod ${podName}, choose one of: [${regular.join(' ')}]${others}`,
  );
}

function containerNames(spec: PodSpec | undefined): string[] {
  const all = [...(spec?.containers ?? []), ...(spec?.initContainers ?? []), ...(spec?.ephemeralContainers ?? [])];
  return all.map(({ name }) => name);
}

interface KubeletAddress {
  readonly host: string;
  readonly port: number;
}

function kubeletAddress(node: Node, name: string): KubeletAddress {
  const port = node.status?.daemonEndpoints?.kubeletEndpoint?.Port ?? 0;
  const addresses = node.status?.addresses ?? [];
  const host = addresses.find(({ type }) => type === 'InternalIP')?.address ?? '';
  if (port === 0 || host === '') throw internalError(`the kubelet of node ${name} has not reported its address yet`);
  return { host, port };
}

function askKubelet(operation: Operation, { host, port }: KubeletAddress, path: string): Promise<IncomingMessage> {
  const { kubeletTls: tls, clock } = operation.server.options;
  return new Promise((resolve, reject) => {
    const refuse = (error: unknown): void => {
      reject(internalError(`error dialing the kubelet at ${host}:${port}: ${codeOf(error) ?? messageOf(error)}`));
    };
    const options = { host, port, path, method: 'GET', agent: false as const };
    const request =
      tls === undefined
        ? httpRequest(options)
        : // The kubelet's certificate is for its node's name and addresses; the chain decides.
          httpsRequest({ ...options, ca: tls.ca, cert: tls.cert, key: tls.key, rejectUnauthorized: true });
    const timer = clock.timer(KUBELET_CONNECT_TIMEOUT_MS, () => request.destroy(new Error('it does not answer')));
    request.once('response', (response) => {
      timer.cancel();
      resolve(response);
    });
    request.once('error', (error) => {
      timer.cancel();
      refuse(error);
    });
    request.end();
  });
}

async function passOn(operation: Operation, c: AppContext, upstream: IncomingMessage): Promise<Answer> {
  const status = upstream.statusCode ?? 502;
  const exchange = c.env?.exchange;
  if (status >= 400 || exchange === undefined) throw await kubeletError(upstream, status);
  const outgoing = beginStream(exchange, c, upstream.headers['content-type'] ?? 'text/plain');
  const { streams } = operation.server;
  const end = (): void => {
    upstream.destroy();
    outgoing.end();
  };
  streams.add(end);
  outgoing.flushHeaders();
  // Either side may leave at any time; that is the ordinary end of following a log.
  pipeline(upstream, outgoing)
    .catch(() => {})
    .finally(() => streams.delete(end));
  return { kind: 'taken', response: answered(200) };
}

/** What the kubelet said, as a Status: its own when it sent one, else 400 with its words as Kubernetes does. */
async function kubeletError(upstream: IncomingMessage, status: number): Promise<ApiError> {
  let text = '';
  upstream.setEncoding('utf8');
  for await (const chunk of upstream) {
    text += String(chunk);
    if (text.length > KUBELET_ANSWER_LIMIT_BYTES) break;
  }
  const message = text.trim() === '' ? `the kubelet answered ${status}` : text.trim();
  const ownMessage = statusMessage(message);
  if (status === 404) return new ApiError(404, 'NotFound', ownMessage);
  if (status >= 500) return internalError(ownMessage);
  return badRequestError(ownMessage);
}

function statusMessage(text: string): string {
  if (!text.startsWith('{')) return text;
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null && 'message' in value && typeof value.message === 'string')
      return value.message;
  } catch {
    // Not JSON after all: the text is the message.
  }
  return text;
}
