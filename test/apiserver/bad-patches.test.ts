// What a patch is told that cannot be read, or does not fit: the words, reasons and causes of Kubernetes, which kubectl shows.
import { beforeAll, describe, expect, it } from 'vitest';
import { CONFIG_MAPS, configMap, PODS, pod, type TestApi, testApi } from './harness.ts';

let api: TestApi;
beforeAll(async () => {
  api = await testApi();
  await api.call('POST', CONFIG_MAPS, configMap('a', { k: 'v' }));
  await api.call('POST', PODS, pod('p'));
});

const JSON_PATCH = 'json-patch';
const MERGE = 'merge-patch';
const STRATEGIC = 'strategic-merge-patch';
const GENERIC = 'the server rejected our request due to an error in our request';
const table: readonly [string, string, string, string, number, string | undefined, string | RegExp][] = [
  ['no JSON', MERGE, `${CONFIG_MAPS}/a`, '{', 400, 'BadRequest', 'invalid JSON patch'],
  [
    'a test that fails',
    JSON_PATCH,
    `${CONFIG_MAPS}/a`,
    '[{"op":"test","path":"/data/k","value":"x"}]',
    422,
    'Invalid',
    GENERIC,
  ],
  [
    'an unknown operation',
    JSON_PATCH,
    `${CONFIG_MAPS}/a`,
    '[{"op":"paint","path":"/data/k"}]',
    422,
    'Invalid',
    GENERIC,
  ],
  [
    'a list where an object is merged',
    MERGE,
    `${CONFIG_MAPS}/a`,
    '[1]',
    400,
    'BadRequest',
    'error decoding patch: json: cannot unmarshal array into Go value of type map[string]interface {}',
  ],
  [
    'an element without its merge key',
    STRATEGIC,
    `${PODS}/p`,
    '{"spec":{"containers":[{"image":"x"}]}}',
    400,
    undefined,
    'map: map[image:x] does not contain declared merge key: name',
  ],
  [
    'a value of another type, in a tree',
    STRATEGIC,
    `${PODS}/p`,
    '{"spec":{"priority":"high"}}',
    422,
    'Invalid',
    ' "" is invalid: patch: Invalid value: "map[spec:map[priority:high]]": unrecognized type: int32',
  ],
  [
    'a list instead of an object, in a tree',
    STRATEGIC,
    `${PODS}/p`,
    '{"spec":[7]}',
    422,
    'Invalid',
    ' "" is invalid: patch: Invalid value: "map[spec:[7]]": cannot restore struct from: slice',
  ],
  [
    'a value of another type, in a text',
    MERGE,
    `${PODS}/p`,
    '{"spec":{"priority":"high"}}',
    422,
    'Invalid',
    /^ "" is invalid: patch: Invalid value: "\{.*\\"priority\\":\\"high\\".*": json: cannot unmarshal string into Go struct field PodSpec.spec.priority of type int32$/,
  ],
  [
    'a field that does not exist',
    STRATEGIC,
    `${CONFIG_MAPS}/a?fieldValidation=Strict`,
    '{"datta":{"k":null}}',
    422,
    'Invalid',
    ' "" is invalid: patch: Invalid value: "map[datta:map[k:<nil>]]": strict decoding error: unknown field "datta"',
  ],
];

describe('a patch is refused', () => {
  it.each(table)('%s', async (_, kind, path, body, code, reason, message) => {
    const answer = await api.call('PATCH', path, body, {
      'content-type': `application/${kind}+json`,
    });
    const status = answer.body as {
      code: number;
      reason?: string;
      message: string;
    };
    expect(status).toMatchObject({ kind: 'Status', code });
    expect(status.reason).toBe(reason);
    if (typeof message === 'string') expect(status.message).toBe(message);
    else expect(status.message).toMatch(message);
  });
});
