// Writers of labelled objects in several namespaces. Each has keys of its own, and keeps what it was answered: the only source from
// which it is derived what watchers must be told.
import { type Clock, defined, type Prng, sleep } from '../../src/lib/index.ts';
import type { ClusterUnderTest } from '../cluster-under-test.ts';
import type { Answer, PlainClient } from '../http.ts';
import { REFUSED_PAUSE_MS, SOAK_REQUEST_TIMEOUT_MS } from '../limits.ts';
import type { Change, KeyHistory } from './model.ts';

export const NAMESPACES = ['watch-0', 'watch-1', 'watch-2', 'watch-3'] as const;
export const SHADES = ['amber', 'blue', 'coral', 'drab'] as const;
/** The label that selectors ask for. */
export const SHADE_LABEL = 'shade';

export interface WritersOptions {
  readonly cluster: ClusterUnderTest;
  readonly writers: number;
  /** Between two writes of one writer, on average. */
  readonly pauseMs: number;
  readonly clock: Clock;
  readonly random: Prng;
  readonly signal: AbortSignal;
  readonly trouble: (what: string) => void;
}

export interface Writing {
  /** So many writes were acknowledged. */
  acknowledged(): number;
  /** Resolves when every writer has ended. */
  readonly over: Promise<void>;
  /** What happened, with every unknown outcome found out. To be called when the cluster is whole and nobody writes. */
  settle(): Promise<readonly KeyHistory[]>;
}

interface Key {
  readonly namespace: string;
  readonly name: string;
  readonly changes: Change[];
  /** The last change, whose outcome is not known. */
  unknown: Change | undefined;
}

interface Books {
  readonly keys: Key[];
  acknowledged: number;
}

export function startWriters(options: WritersOptions): Writing {
  const books: Books = { keys: [], acknowledged: 0 };
  const over = Promise.all(
    Array.from({ length: options.writers }, (_, i) => write({ ...options, random: options.random.fork() }, i, books)),
  ).then(() => undefined);
  return {
    acknowledged: () => books.acknowledged,
    over,
    async settle() {
      const client = options.cluster.balancedClient();
      for (const key of books.keys) await findOut(client, key, options.trouble);
      client.close();
      return books.keys.filter(({ changes }) => changes.length > 0);
    },
  };
}

async function write(options: WritersOptions, writer: number, books: Books): Promise<void> {
  const { cluster, clock, random, signal, pauseMs } = options;
  const { servers } = cluster.running.topology;
  const mine: Key[] = [];
  let server = writer;
  const clientOf = (i: number): PlainClient =>
    cluster.clientOf(defined(servers[i % servers.length], 'a server').id, SOAK_REQUEST_TIMEOUT_MS);
  let client = clientOf(server);
  for (let number = 0; !signal.aborted; number += 1) {
    const isGood = await writeOne(options, client, mine, `w${writer}-${number}`, books);
    if (!isGood) {
      client.close();
      server += 1;
      client = clientOf(server);
    }
    await sleep(clock, isGood ? random.int(2 * pauseMs) : REFUSED_PAUSE_MS, signal);
  }
  client.close();
}

/** Creates, changes or deletes; answers whether the server is one to stay with. */
async function writeOne(
  { random, trouble }: WritersOptions,
  client: PlainClient,
  mine: Key[],
  name: string,
  books: Books,
): Promise<boolean> {
  const choice = mine.length < 4 ? 0 : random.int(100);
  const shade = random.pick(SHADES);
  const place = random.int(Math.max(1, mine.length));
  const chosen = mine[place];
  let key: Key;
  let change: Change;
  let answer: Answer;
  if (choice < 25 || chosen === undefined) {
    key = { namespace: random.pick(NAMESPACES), name, changes: [], unknown: undefined };
    change = { kind: 'put', revision: undefined, shade, value: name };
    answer = await client.send('POST', pathOf(key.namespace), objectOf(key, change));
    if (!isWithoutEffect(answer)) {
      books.keys.push(key);
      mine.push(key);
    }
  } else {
    key = chosen;
    const before = defined(key.changes.at(-1), 'a change');
    const isDeletion = choice >= 80;
    change = {
      kind: isDeletion ? 'delete' : 'put',
      revision: undefined,
      shade: isDeletion || choice < 55 ? before.shade : shade,
      value: isDeletion ? before.value : name,
    };
    const path = `${pathOf(key.namespace)}/${key.name}`;
    answer = isDeletion ? await client.send('DELETE', path) : await client.send('PUT', path, objectOf(key, change));
  }
  if (isWithoutEffect(answer)) return false;
  const isKnown = answer.kind === 'answered' && answer.status < 300;
  if (isKnown) {
    books.acknowledged += 1;
    key.changes.push(change.kind === 'put' ? { ...change, revision: revisionOf(answer) } : change);
  } else {
    key.unknown = change;
    if (answer.kind === 'answered' && answer.status < 500)
      trouble(`${name}: ${answer.status} ${answer.body.slice(0, 200)}`);
  }
  // Nothing follows what is unknown, nor a deletion.
  if (!isKnown || change.kind === 'delete') mine.splice(mine.indexOf(key), 1);
  return isKnown;
}

/** What became of a key's last change: nobody has touched the key since. */
async function findOut(client: PlainClient, key: Key, trouble: (what: string) => void): Promise<void> {
  const { unknown } = key;
  if (unknown === undefined) return;
  const answer = await client.send('GET', `${pathOf(key.namespace)}/${key.name}`);
  if (answer.kind === 'ended' || (answer.status !== 200 && answer.status !== 404)) {
    trouble(`${key.name} could not be read in the end: ${JSON.stringify(answer).slice(0, 200)}`);
    return;
  }
  const isThere = answer.status === 200;
  const value = isThere ? (JSON.parse(answer.body) as { data: { value: string } }).data.value : undefined;
  if (unknown.kind === 'delete' && !isThere) key.changes.push(unknown);
  if (unknown.kind === 'put' && value === unknown.value) key.changes.push({ ...unknown, revision: revisionOf(answer) });
  key.unknown = undefined;
}

/** Nobody took the connection, or the server says that it did nothing. */
function isWithoutEffect(answer: Answer): boolean {
  return answer.kind === 'ended' ? answer.refused : answer.status === 429;
}

export function pathOf(namespace: string): string {
  return `/api/v1/namespaces/${namespace}/configmaps`;
}

export function objectOf(
  { name }: { readonly name: string },
  { shade, value }: Pick<Change, 'shade' | 'value'>,
): object {
  return { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name, labels: { [SHADE_LABEL]: shade } }, data: { value } };
}

export function revisionOf(answer: Answer): number {
  const body = answer.kind === 'answered' ? answer.body : '{}';
  return Number((JSON.parse(body) as { metadata?: { resourceVersion?: string } }).metadata?.resourceVersion);
}
