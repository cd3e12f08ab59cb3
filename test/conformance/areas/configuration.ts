// Config maps and secrets: keys, and those that are immutable. Behaviours 222, 290, 332 and 400.
import { expect } from 'vitest';
import { behaviour, type Scene } from '../behaviour.ts';
import { core, patch } from '../objects.ts';

async function refusesEmptyKey({ raw, namespace }: Scene, plural: string, value: string): Promise<void> {
  const answer = await raw.send('POST', core(namespace, plural), {
    body: { metadata: { name: 'shown' }, data: { '': value } },
  });
  expect(answer.status).toBe(422);
  expect(answer.body).toMatchObject({
    reason: 'Invalid',
    details: { causes: [{ reason: 'FieldValueInvalid', field: 'data[]' }] },
  });
}

behaviour('CB-222', (scene) => refusesEmptyKey(scene, 'configmaps', 'value'));
behaviour('CB-290', (scene) => refusesEmptyKey(scene, 'secrets', 'dmFsdWU='));

async function isImmutable(scene: Scene, plural: string, values: readonly [string, string]): Promise<void> {
  const { raw } = scene;
  const path = `${core(scene.namespace, plural)}/shown`;
  await raw.ok('POST', core(scene.namespace, plural), {
    body: { metadata: { name: 'shown' }, data: { key: values[0] } },
  });
  await patch(scene, path, { data: { key: values[1] } });
  await patch(scene, path, { immutable: true });
  const refusals = [
    [{ data: { key: values[0] } }, 'data'],
    [{ immutable: false }, 'immutable'],
    [{ immutable: null }, 'immutable'],
  ] as const;
  for (const [body, field] of refusals) {
    const refused = await raw.send('PATCH', path, { body });
    expect(refused.status).toBe(422);
    expect(refused.body.details?.causes).toMatchObject([{ reason: 'FieldValueForbidden', field }]);
  }
  await patch(scene, path, { metadata: { labels: { still: 'changed' } } });
  expect((await raw.ok('GET', path)).data).toEqual({ key: values[1] });
  await raw.ok('DELETE', path);
}

behaviour('CB-332', (scene) => isImmutable(scene, 'configmaps', ['one', 'two']));
behaviour('CB-400', (scene) => isImmutable(scene, 'secrets', ['b25l', 'dHdv']));
