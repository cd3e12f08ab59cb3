// The worst that clients may send to a server's main thread, within its limits and just beyond them: each holds the event loop of
// whoever reads it for as long as it can. Pure, but for the sending.
import type { Answer, PlainClient } from '../http.ts';

export interface Burden {
  readonly name: string;
  /** `turn` is a number that no other turn of this server has. */
  send(client: PlainClient, turn: number): Promise<Answer>;
  /** The statuses that are right for it. */
  readonly expected: readonly number[];
}

export const NAMESPACE = 'load';
const MIB = 1024 * 1024;
const CONFIG_MAPS = `/api/v1/namespaces/${NAMESPACE}/configmaps`;
const JSON_TYPE = 'application/json';
/** A little less than the limit of a body (3 MiB), and of an object (1.5 MiB). */
const BODY_BYTES = 3 * MIB - 64 * 1024;
const OBJECT_BYTES = 1.4 * MIB;
/** Deeper than NESTING_LIMIT; and as deep as it allows. */
const TOO_DEEP = BODY_BYTES / 2 - 1_000;
const DEEP = 150;
const SELECTOR_VALUES = 400;
const PATCH_OPERATIONS = 9_000;

function repeated(text: string, bytes: number): string {
  return text.repeat(Math.floor(bytes / text.length));
}

const tooDeep = `${'['.repeat(TOO_DEEP)}${']'.repeat(TOO_DEEP)}`;
const nest = `${'['.repeat(DEEP)}${']'.repeat(DEEP)}`;
const wide = `{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"wide"},"data":[${repeated(`${nest},`, BODY_BYTES)}0]}`;
const manyKeys = `{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"keys"},"data":{${Array.from(
  { length: 60_000 },
  (_, i) => `"key-${i}":{"a":[1,2,3]}`,
).join(',')}}}`;
const escapes = repeated('\\u0041', OBJECT_BYTES);

export const BURDENS: readonly Burden[] = [
  {
    name: '3 MB of brackets, deeper than allowed',
    send: (client) => client.sendText('POST', CONFIG_MAPS, tooDeep, JSON_TYPE),
    expected: [400, 413, 422],
  },
  {
    name: '3 MB of nested arrays, as deep as allowed',
    send: (client) => client.sendText('POST', CONFIG_MAPS, wide, JSON_TYPE),
    expected: [400, 413, 422],
  },
  {
    name: '60,000 keys of the wrong type',
    send: (client) => client.sendText('POST', CONFIG_MAPS, manyKeys, JSON_TYPE),
    expected: [400, 413, 422],
  },
  {
    name: 'an object as large as allowed, in escapes',
    send: (client) =>
      client.sendText(
        'PUT',
        `${CONFIG_MAPS}/large`,
        `{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"large"},"data":{"text":"${escapes}"}}`,
        JSON_TYPE,
      ),
    expected: [200, 409, 422],
  },
  {
    name: 'a new version of an object of 1 MB',
    send: (client, turn) =>
      client.send('PUT', `${CONFIG_MAPS}/megabyte`, {
        apiVersion: 'v1',
        kind: 'ConfigMap',
        metadata: { name: 'megabyte' },
        data: { turn: String(turn), text: 'x'.repeat(MIB - 1024) },
      }),
    expected: [200, 409],
  },
  {
    name: 'a JSON patch of 9,000 operations',
    send: (client, turn) =>
      client.sendText(
        'PATCH',
        `${CONFIG_MAPS}/patched`,
        JSON.stringify(
          Array.from({ length: PATCH_OPERATIONS }, (_, i) => ({
            op: 'add',
            path: `/metadata/annotations/a${i % 50}`,
            value: `${turn}-${i}`,
          })),
        ),
        'application/json-patch+json',
      ),
    expected: [200, 400, 409, 413, 422],
  },
  {
    name: 'a label selector of 400 values',
    send: (client, turn) => {
      const values = Array.from({ length: SELECTOR_VALUES }, (_, i) => `v${turn}-${i}`).join(',');
      const selector = encodeURIComponent(`load in (${values}),x notin (${values.slice(0, 200)}v),!y`);
      return client.send('GET', `${CONFIG_MAPS}?labelSelector=${selector}`);
    },
    expected: [200, 400, 414, 431],
  },
  {
    name: 'a list of everything',
    send: (client) => client.send('GET', CONFIG_MAPS),
    expected: [200],
  },
];
