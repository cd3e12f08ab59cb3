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
  ['no JSON', MERGE, `${CONFIG_MAPS}/a`, '{', 400, 'BadRequest', 'error decoding patch: unexpected end of JSON input'],
  [
    'no JSON',
    STRATEGIC,
    `${CONFIG_MAPS}/a`,
    '{x',
    400,
    'BadRequest',
    "invalid character 'x' looking for beginning of object key string",
  ],
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
  // Go's decoders and evanphx/json-patch v4 (merge.go: ErrBadJSONPatch), as patch.go of release-1.36 calls them.
  ['null where an object is merged', MERGE, `${CONFIG_MAPS}/a`, 'null', 400, 'BadRequest', 'Invalid JSON Patch'],
  [
    'a text where an object is merged',
    MERGE,
    `${CONFIG_MAPS}/a`,
    '"a"',
    400,
    'BadRequest',
    'error decoding patch: json: cannot unmarshal string into Go value of type map[string]interface {}',
  ],
  [
    'a list where a tree is merged',
    STRATEGIC,
    `${CONFIG_MAPS}/a`,
    '[1]',
    400,
    'BadRequest',
    'json: cannot unmarshal array into Go value of type map[string]interface {}',
  ],
  ['nothing', STRATEGIC, `${CONFIG_MAPS}/a`, '', 400, 'BadRequest', 'unexpected end of JSON input'],
  [
    'nothing',
    MERGE,
    `${CONFIG_MAPS}/a`,
    ' \n',
    400,
    'BadRequest',
    'error decoding patch: unexpected end of JSON input',
  ],
  [
    'nothing',
    JSON_PATCH,
    `${CONFIG_MAPS}/a`,
    '',
    400,
    'BadRequest',
    'error decoding patch: unexpected end of JSON input',
  ],
  ['nothing', MERGE, `${CONFIG_MAPS}/a?fieldValidation=Ignore`, '', 400, 'BadRequest', 'Invalid JSON Patch'],
  [
    'an object where operations are expected',
    JSON_PATCH,
    `${CONFIG_MAPS}/a`,
    '{}',
    400,
    'BadRequest',
    'error decoding patch: json: cannot unmarshal object into Go value of type []handlers.jsonPatchOp',
  ],
  [
    'an operation that is none',
    JSON_PATCH,
    `${CONFIG_MAPS}/a`,
    '[1]',
    400,
    'BadRequest',
    'error decoding patch: json: cannot unmarshal number into Go value of type handlers.jsonPatchOp',
  ],
  [
    'a path that is no text',
    JSON_PATCH,
    `${CONFIG_MAPS}/a`,
    '[{"op":"remove","path":true}]',
    400,
    'BadRequest',
    'error decoding patch: json: cannot unmarshal bool into Go struct field jsonPatchOp.path of type string',
  ],
  ['an operation without a path', JSON_PATCH, `${CONFIG_MAPS}/a`, '[{"op":"remove"}]', 422, 'Invalid', GENERIC],
  [
    'another kind',
    MERGE,
    `${CONFIG_MAPS}/a`,
    '{"kind":"Secret"}',
    422,
    'Invalid',
    /^ "" is invalid: patch: Invalid value: "\{.*\}": converting \(v1\.Secret\) to \(core\.ConfigMap\): unknown conversion$/,
  ],
  [
    'a version that the kind does not have',
    JSON_PATCH,
    `${CONFIG_MAPS}/a`,
    '[{"op":"replace","path":"/apiVersion","value":"apps/v1"}]',
    422,
    'Invalid',
    /: no kind "ConfigMap" is registered for version "apps\/v1" in scheme "pkg\/api\/legacyscheme\/scheme\.go:30"$/,
  ],
  [
    'another name',
    MERGE,
    `${CONFIG_MAPS}/a`,
    '{"metadata":{"name":"b"}}',
    400,
    'BadRequest',
    'the name of the object (b) does not match the name on the URL (a)',
  ],
  [
    'no name',
    MERGE,
    `${CONFIG_MAPS}/a`,
    '{"metadata":{"name":null,"generateName":"a"}}',
    400,
    'BadRequest',
    'the name of the object (a based on URL) was undeterminable: name must be provided',
  ],
  [
    'another namespace',
    STRATEGIC,
    `${CONFIG_MAPS}/a`,
    '{"metadata":{"namespace":"b"}}',
    400,
    'BadRequest',
    'the namespace of the provided object does not match the namespace sent on the request',
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

describe('a patch changes nothing', () => {
  it.each([
    ['that is null, where a tree is merged', STRATEGIC, 'null'],
    ['that is null, where operations are expected', JSON_PATCH, 'null'],
    ['that is empty', MERGE, '{}'],
    ['that calls a tree something else', STRATEGIC, '{"kind":"Secret","apiVersion":"apps/v1"}'],
  ])('%s', async (_, kind, body) => {
    const before = await api.call('GET', `${CONFIG_MAPS}/a`);
    const answer = await api.call('PATCH', `${CONFIG_MAPS}/a`, body, {
      'content-type': `application/${kind}+json`,
    });
    expect(answer.status).toBe(200);
    expect(answer.body).toEqual(before.body);
  });
});
