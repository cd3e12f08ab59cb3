// Server-side apply through the whole API server: what a configuration may say, and what becomes of the object.
import { beforeEach, describe, expect, it } from 'vitest';
import { CONFIG_MAPS, DEPLOYMENTS, deployment, PODS, pod, type TestApi, testApi } from '../harness.ts';
import { APPLY, apply, configMap, MERGE, ownersOf, ownersOfField } from './support.ts';

let api: TestApi;
beforeEach(async () => {
  api = await testApi();
});

const YAML = `apiVersion: v1
kind: ConfigMap
metadata:
  name: a
data:
  k: "1"
`;

describe('a configuration of an object that is not there', () => {
  it('creates it, through the steps of a creation', async () => {
    const created = await apply(api, `${PODS}/p`, 'me', pod('p'));
    expect(created.status).toBe(201);
    expect(created.body.metadata.uid).toMatch(/^[0-9a-f-]{36}$/);
    expect(created.body.spec).toMatchObject({ serviceAccountName: 'default', restartPolicy: 'Always', priority: 0 });
    expect(created.body.status.phase).toBe('Pending');
    // Neither defaults nor what admission adds is the applier's.
    expect(ownersOf(created.body)).toEqual([
      'me Apply v1: spec.containersk:{"name":"c"}.image spec.containersk:{"name":"c"}.name',
    ]);
  });

  it('takes an address from the range, as a service that is created does', async () => {
    const ports = [{ port: 80, protocol: 'TCP' }];
    const service = { apiVersion: 'v1', kind: 'Service', metadata: { name: 's' }, spec: { ports } };
    const path = '/api/v1/namespaces/default/services/s';
    const created = await apply(api, path, 'me', service);
    expect(created.body.spec.clusterIP).toMatch(/^10\.96\./);
    const again = await apply(api, path, 'me', service);
    expect(again.body.spec.clusterIP).toBe(created.body.spec.clusterIP);
    expect(again.body.metadata.resourceVersion).toBe(created.body.metadata.resourceVersion);
  });

  it('is read as YAML and as JSON alike', async () => {
    const yaml = await apply(api, `${CONFIG_MAPS}/a`, 'me', YAML);
    expect(yaml).toMatchObject({ status: 201, body: { data: { k: '1' } } });
    const json = await apply(api, `${CONFIG_MAPS}/a`, 'me', configMap('a', { k: '1' }));
    expect(json.status).toBe(200);
    expect(
      (await apply(api, `${CONFIG_MAPS}/b`, 'me', "{apiVersion: v1, kind: ConfigMap, metadata: {name: 'b'}}")).status,
    ).toBe(201);
  });

  it('only says what would be, when it is a dry run', async () => {
    const dry = await apply(api, `${CONFIG_MAPS}/a`, 'me', configMap('a', { k: '1' }), '&dryRun=All');
    expect(dry.status).toBe(201);
    expect(ownersOfField(dry.body, 'data.k')).toEqual(['me']);
    expect((await api.call('GET', `${CONFIG_MAPS}/a`)).status).toBe(404);
  });

  it('creates nothing with a uid, a resourceVersion, or through a subresource', async () => {
    const withUid = { ...configMap('a'), metadata: { name: 'a', uid: 'some-uid' } };
    const uid = await apply(api, `${CONFIG_MAPS}/a`, 'me', withUid);
    expect(uid.status).toBe(409);
    expect(uid.body.message).toBe(
      'Operation cannot be fulfilled on configmaps "a": uid mismatch: the provided object specified uid some-uid, and no existing object was found',
    );
    const versioned = { ...configMap('a'), metadata: { name: 'a', resourceVersion: '7' } };
    expect((await apply(api, `${CONFIG_MAPS}/a`, 'me', versioned)).body.message).toBe(
      'resourceVersion should not be set on objects to be created',
    );
    expect((await apply(api, `${DEPLOYMENTS}/d/status`, 'me', deployment('d'))).status).toBe(404);
    const scale = { apiVersion: 'autoscaling/v1', kind: 'Scale', metadata: { name: 'd' }, spec: { replicas: 2 } };
    expect((await apply(api, `${DEPLOYMENTS}/d/scale`, 'me', scale)).status).toBe(404);
  });

  it('is refused by admission and validation like any creation', async () => {
    const elsewhere = '/api/v1/namespaces/nowhere/configmaps/a';
    expect((await apply(api, elsewhere, 'me', configMap('a'))).body).toMatchObject({ code: 404, reason: 'NotFound' });
    const invalid = await apply(api, `${CONFIG_MAPS}/A_B`, 'me', configMap('A_B'));
    expect(invalid.body).toMatchObject({ code: 422, reason: 'Invalid' });
  });
});

describe('a configuration of an object that is there', () => {
  it('changes what it names, keeps what others own, and removes what it no longer names', async () => {
    await api.call('POST', `${CONFIG_MAPS}?fieldManager=other`, configMap('a', { theirs: '1' }));
    await apply(api, `${CONFIG_MAPS}/a`, 'me', configMap('a', { x: '1', y: '1' }));
    const changed = await apply(api, `${CONFIG_MAPS}/a`, 'me', configMap('a', { x: '2' }));
    expect(changed.status).toBe(200);
    expect(changed.body.data).toEqual({ theirs: '1', x: '2' });
    expect(ownersOf(changed.body)).toEqual(['me Apply v1: data.x', 'other Update v1: data.theirs']);
  });

  it('keeps its name when nothing else of its metadata is named any more', async () => {
    const labelled = { ...configMap('a', { k: '1' }), metadata: { name: 'a', labels: { l: '1' } } };
    await apply(api, `${CONFIG_MAPS}/a`, 'me', labelled);
    const bare = await apply(api, `${CONFIG_MAPS}/a`, 'me', configMap('a', { k: '1' }));
    expect(bare.body.metadata).toMatchObject({ name: 'a', uid: expect.any(String) });
    expect(bare.body.metadata.labels).toBeUndefined();
  });

  it('is a conflict where it would change what another manager owns, unless it is forced', async () => {
    await apply(api, `${DEPLOYMENTS}/d`, 'first', deployment('d', 1));
    const other = { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'd' }, spec: { replicas: 3 } };
    const refused = await apply(api, `${DEPLOYMENTS}/d`, 'second', other);
    expect(refused.status).toBe(409);
    expect(refused.body).toMatchObject({
      reason: 'Conflict',
      message: 'Apply failed with 1 conflict: conflict with "first": .spec.replicas',
      details: {
        causes: [{ reason: 'FieldManagerConflict', message: 'conflict with "first"', field: '.spec.replicas' }],
      },
    });
    const forced = await apply(api, `${DEPLOYMENTS}/d`, 'second', other, '&force=true');
    expect(forced.body.spec.replicas).toBe(3);
    expect(forced.body.metadata.generation).toBe(2);
    expect(ownersOfField(forced.body, 'spec.replicas')).toEqual(['second']);
  });

  it('shares what both want alike, without a conflict', async () => {
    await apply(api, `${CONFIG_MAPS}/a`, 'one', configMap('a', { k: '1' }));
    const both = await apply(api, `${CONFIG_MAPS}/a`, 'two', configMap('a', { k: '1' }));
    expect(both.status).toBe(200);
    expect(ownersOfField(both.body, 'data.k')).toEqual(['one', 'two']);
  });

  it('names the manager and version of an update that it conflicts with', async () => {
    await apply(api, `${CONFIG_MAPS}/a`, 'me', configMap('a', { k: '1' }));
    await api.call('PATCH', `${CONFIG_MAPS}/a?fieldManager=hand`, { data: { k: '2' } }, MERGE);
    const refused = await apply(api, `${CONFIG_MAPS}/a`, 'me', configMap('a', { k: '1' }));
    expect(refused.body.message).toBe('Apply failed with 1 conflict: conflict with "hand" using v1: .data.k');
  });

  it('holds only for the version and the uid that it names', async () => {
    const { body } = await api.call('POST', CONFIG_MAPS, configMap('a', { k: '1' }));
    const { resourceVersion } = body.metadata;
    const named = (metadata: object): object => ({
      ...configMap('a', { n: '1' }),
      metadata: { name: 'a', ...metadata },
    });
    expect((await apply(api, `${CONFIG_MAPS}/a`, 'me', named({ resourceVersion }))).status).toBe(200);
    const stale = await apply(api, `${CONFIG_MAPS}/a`, 'me', named({ resourceVersion }));
    expect(stale.body).toMatchObject({ code: 409, reason: 'Conflict' });
    const otherUid = await apply(api, `${CONFIG_MAPS}/a`, 'me', named({ uid: 'other' }));
    expect(otherUid.body.message).toContain('Precondition failed: UID in precondition: other, UID in object meta: ');
  });

  it('cannot change what is immutable', async () => {
    await apply(api, `${DEPLOYMENTS}/d`, 'me', deployment('d'));
    const selector = { matchLabels: { app: 'other' } };
    const template = { metadata: { labels: { app: 'other' } }, spec: { containers: [{ name: 'c', image: 'x' }] } };
    const changed = {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'd' },
      spec: { selector, template },
    };
    expect((await apply(api, `${DEPLOYMENTS}/d`, 'me', changed)).body).toMatchObject({ code: 422, reason: 'Invalid' });
  });

  it('loses nothing when many managers apply at once', async () => {
    const names = Array.from({ length: 12 }, (_, at) => `m${at}`);
    const answers = await Promise.all(
      names.map((name) => apply(api, `${CONFIG_MAPS}/a`, name, configMap('a', { [name]: '1' }))),
    );
    expect(answers.map(({ status }) => status).sort()).toEqual([...names.slice(1).map(() => 200), 201]);
    const { body } = await api.call('GET', `${CONFIG_MAPS}/a`);
    expect(Object.keys(body.data)).toHaveLength(12);
    expect(ownersOf(body)).toHaveLength(12);
  });

  it('through the status owns the status alone', async () => {
    await apply(api, `${DEPLOYMENTS}/d`, 'me', deployment('d', 1));
    const status = { ...(deployment('d', 9) as object), status: { replicas: 4 } };
    const answer = await apply(api, `${DEPLOYMENTS}/d/status`, 'controller', status);
    expect(answer.body).toMatchObject({ spec: { replicas: 1 }, status: { replicas: 4 } });
    expect(ownersOf(answer.body).filter((owner) => owner.startsWith('controller'))).toEqual([
      'controller Apply apps/v1/status: status.replicas',
    ]);
  });

  it('through the scale owns the replicas of what is scaled, and conflicts about them', async () => {
    await apply(api, `${DEPLOYMENTS}/d`, 'me', deployment('d', 1));
    const scale = { apiVersion: 'autoscaling/v1', kind: 'Scale', metadata: { name: 'd' }, spec: { replicas: 5 } };
    const refused = await apply(api, `${DEPLOYMENTS}/d/scale`, 'scaler', scale);
    expect(refused.body.message).toBe('Apply failed with 1 conflict: conflict with "me": .spec.replicas');
    const forced = await apply(api, `${DEPLOYMENTS}/d/scale`, 'scaler', scale, '&force=true');
    expect(forced.body).toMatchObject({ kind: 'Scale', spec: { replicas: 5 } });
    const { body } = await api.call('GET', `${DEPLOYMENTS}/d`);
    expect(ownersOf(body)[1]).toBe('scaler Apply apps/v1/scale: spec.replicas');
    expect(ownersOfField(body, 'spec.replicas')).toEqual(['scaler']);
    expect((await apply(api, `${DEPLOYMENTS}/d/scale`, 'scaler', { ...scale, spec: { replicas: -1 } })).status).toBe(
      422,
    );
  });

  it('of an event is the same in both of its groups', async () => {
    const event = {
      apiVersion: 'events.k8s.io/v1',
      kind: 'Event',
      metadata: { name: 'e' },
      regarding: { kind: 'Pod', namespace: 'default', name: 'p' },
      type: 'Normal',
      reason: 'Tried',
      action: 'Try',
      eventTime: '2026-01-01T00:00:00.000000Z',
      reportingController: 'example.com/me',
      reportingInstance: 'me-1',
    };
    const path = '/apis/events.k8s.io/v1/namespaces/default/events/e';
    const created = await apply(api, path, 'me', event);
    expect(created.status).toBe(201);
    const core = await api.call('GET', '/api/v1/namespaces/default/events/e');
    expect(core.body).toMatchObject({ involvedObject: { name: 'p' }, reportingComponent: 'example.com/me' });
    const again = await apply(api, path, 'me', event);
    expect(again.body.metadata.resourceVersion).toBe(created.body.metadata.resourceVersion);
    expect(ownersOfField(again.body, 'regarding')).toEqual(['me']);
  });
});

describe('a request to apply is refused', () => {
  const refusal = async (query: string, body: unknown, headers: Record<string, string> = APPLY): Promise<string> => {
    const answer = await api.call('PATCH', `${CONFIG_MAPS}/a${query}`, body, headers);
    expect(answer.status).toBeGreaterThanOrEqual(400);
    return `${answer.status} ${answer.body.message}`;
  };

  it('without a manager, or with one whose name cannot be shown', async () => {
    expect(await refusal('', YAML)).toBe(
      '422 PatchOptions.meta.k8s.io "" is invalid: fieldManager: Required value: is required for apply patch',
    );
    expect(await refusal(`?fieldManager=${'m'.repeat(129)}`, YAML)).toBe(
      '422 PatchOptions.meta.k8s.io "" is invalid: fieldManager: Too long: may not be more than 128 bytes',
    );
    expect(await refusal('?fieldManager=a%0Ab', YAML)).toBe(
      '422 PatchOptions.meta.k8s.io "" is invalid: fieldManager: Invalid value: "a\\nb": invalid character U+000A (at position 1)',
    );
  });

  it('when a patch that is none asks to be forced', async () => {
    expect(await refusal('?force=true', { data: {} }, MERGE)).toBe(
      '422 PatchOptions.meta.k8s.io "" is invalid: force: Forbidden: may not be specified for non-apply patch',
    );
  });

  it('in forms that are not served', async () => {
    expect(await refusal('?fieldManager=me', YAML, { 'content-type': 'application/apply-patch+cbor' })).toBe(
      '415 the body of the request was in an unknown format - accepted media types include: application/json-patch+json, application/merge-patch+json, application/strategic-merge-patch+json, application/apply-patch+yaml',
    );
  });

  it('for another kind, version, name or namespace', async () => {
    const refused = (body: unknown): Promise<string> => refusal('?fieldManager=me', body);
    expect(await refused({ ...configMap('a'), kind: 'Secret' })).toBe('400 invalid object type: /v1, Kind=Secret');
    expect(await refused({ ...configMap('a'), apiVersion: 'apps/v1' })).toBe(
      '400 invalid object type: apps/v1, Kind=ConfigMap',
    );
    expect(await refused({ ...configMap('a'), apiVersion: 'a/b/c' })).toBe('400 invalid object type: /, Kind=');
    expect(await refused({ ...configMap('a'), apiVersion: 1 })).toBe('400 invalid object type: /, Kind=ConfigMap');
    expect(await refused({ ...configMap('a'), kind: ['ConfigMap'] })).toBe('400 invalid object type: /v1, Kind=');
    expect(await refused({ metadata: { name: 'a' } })).toBe('400 invalid object type: /, Kind=');
    expect(await refused(configMap('b'))).toBe('400 the name of the object (b) does not match the name on the URL (a)');
    const nameless = '400 the name of the object (a based on URL) was undeterminable: name must be provided';
    expect(await refused({ ...configMap('a'), metadata: {} })).toBe(nameless);
    expect(await refused({ ...configMap('a'), metadata: { generateName: 'a' } })).toBe(nameless);
    const elsewhere = {
      ...configMap('a'),
      metadata: { name: 'a', namespace: 'other' },
    };
    expect(await refused(elsewhere)).toBe(
      '400 the namespace of the provided object does not match the namespace sent on the request',
    );
  });

  it('when there is nothing in it, or no map', async () => {
    for (const nothing of ['', 'null', '{}', '# nothing\n'])
      expect(await refusal('?fieldManager=me', nothing)).toBe('400 invalid object type: /, Kind=');
    const found = {
      '[1]': 'array',
      '- a\n': 'array',
      '"a"': 'string',
      '7': 'number',
      true: 'bool',
    };
    for (const [body, kind] of Object.entries(found))
      expect(await refusal('?fieldManager=me', body)).toBe(
        `400 error decoding YAML: error unmarshaling JSON: while decoding JSON: json: cannot unmarshal ${kind} into Go value of type map[string]interface {}`,
      );
  });

  it('when it names fields that are not declared, or managedFields', async () => {
    const unknown = { ...configMap('a'), colour: 'red' };
    const answer = await apply(api, `${CONFIG_MAPS}/a`, 'me', unknown);
    expect(answer.body).toEqual({
      kind: 'Status',
      apiVersion: 'v1',
      metadata: {},
      status: 'Failure',
      message: 'failed to create typed patch object (/a; /v1, Kind=ConfigMap): .colour: field not declared in schema',
      code: 500,
    });
    for (const validation of ['Ignore', 'Warn', 'Strict'])
      expect(await refusal(`?fieldManager=me&fieldValidation=${validation}`, unknown)).toBe(
        `500 ${answer.body.message}`,
      );
    const owned = {
      ...configMap('a'),
      metadata: { name: 'a', managedFields: [] },
    };
    expect(await refusal('?fieldManager=me', owned)).toBe('400 metadata.managedFields must be nil');
    const none = {
      ...configMap('a'),
      metadata: { name: 'a', managedFields: null },
    };
    expect((await apply(api, `${CONFIG_MAPS}/a`, 'me', none)).status).toBe(201);
  });

  // There it is found when the object is converted to its own type: structuredmerge.go, runtime/scheme.go (unstructuredToTyped).
  it('when a value is of its field’s kind, and yet none that the field can have', async () => {
    const half = { ...(deployment('d') as { spec: object }) };
    const path = `${DEPLOYMENTS}/d`;
    const answer = await apply(api, path, 'me', {
      ...half,
      spec: { ...half.spec, replicas: 1.5 },
    });
    expect(answer.status).toBe(500);
    expect(answer.body.reason).toBeUndefined();
    expect(answer.body.message).toBe(
      'failed to convert new object (/d; apps/v1, Kind=Deployment) to proper version: unable to convert unstructured object to apps/v1, Kind=Deployment: cannot convert float64 to int32',
    );
  });

  it('when it has a key twice and is to be strict; otherwise it is told', async () => {
    const twice = `${YAML}  k: "2"\n`;
    const problem = 'error converting YAML to JSON: yaml: unmarshal errors:\n  line 7: key "k" already set in map';
    expect(await refusal('?fieldManager=me&fieldValidation=Strict', twice)).toBe(
      `400 error strict decoding YAML: ${problem}`,
    );
    const warned = await apply(api, `${CONFIG_MAPS}/a`, 'me', twice);
    expect(warned.body.data).toEqual({ k: '2' });
    expect(warned.headers.get('warning')).toContain('already set in map');
    const ignored = await apply(api, `${CONFIG_MAPS}/a`, 'me', twice, '&fieldValidation=Ignore');
    expect(ignored.headers.get('warning')).toBeNull();
  });
});
