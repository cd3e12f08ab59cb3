// What OpenAPI documents say besides shapes: the texts and values that `kubectl explain` prints.
import { describe, expect, test } from 'vitest';
import enums from '../../src/api/facts/enums.json' with { type: 'json' };
import { createGatedRegistry } from '../../src/api/features/registry.ts';
import { openApiV2, openApiV2Protobuf, openApiV3, openApiV3Hash } from '../../src/api/index.ts';
import { registry, schema } from './support.ts';

interface Property {
  readonly description?: string;
  readonly enum?: readonly string[];
  readonly items?: { readonly enum?: readonly string[] };
}
type Definitions = Readonly<Record<string, { readonly properties?: Readonly<Record<string, Property>> }>>;

// Types behind feature gates have texts too.
await createGatedRegistry({ AllAlpha: true, AllBeta: true });
const v2 = await openApiV2(registry, schema, 'v1.36.0');
const definitions = v2.definitions as Definitions;

function property(type: string, name: string): Property {
  return definitions[`io.k8s.api.core.v1.${type}`]?.properties?.[name] ?? {};
}

describe('fields of a few values', () => {
  test('name them, and say so in words', () => {
    const { description, enum: values } = property('PodSpec', 'restartPolicy');
    expect(values).toEqual(['Always', 'Never', 'OnFailure']);
    expect(description).toMatch(/\n\nPossible enum values:\n - `"Always"`\n - `"Never"`\n - `"OnFailure"`$/);
  });

  test('lists name the values of their items', () => {
    const modes = ['ReadOnlyMany', 'ReadWriteMany', 'ReadWriteOnce', 'ReadWriteOncePod'];
    expect(property('PersistentVolumeClaimSpec', 'accessModes').items?.enum).toEqual(modes);
    expect(property('PersistentVolumeClaimSpec', 'accessModes').enum).toBeUndefined();
  });

  test('both versions and the protobuf form have them', async () => {
    const v3 = (await openApiV3(registry, schema, 'apps', 'v1', 'v1.36.0')) as {
      components: { schemas: Definitions };
    };
    const strategy = v3.components.schemas['io.k8s.api.apps.v1.DeploymentStrategy'];
    expect(strategy?.properties?.['type']?.enum).toEqual(['Recreate', 'RollingUpdate']);
    // Field 20 of a schema, with the value as YAML in field 2.
    expect(Buffer.from(openApiV2Protobuf(v2)).includes(Buffer.from('\xa2\x01\x0c\x12\x0a"Recreate"', 'latin1'))).toBe(
      true,
    );
  });

  test('are fields of types that are served', () => {
    const known = Object.entries(enums.types).filter(([type]) => definitions[type] !== undefined);
    expect(known.length).toBeGreaterThan(50);
    for (const [type, fields] of known)
      for (const field of Object.keys(fields))
        expect(definitions[type]?.properties?.[field], `${type}.${field}`).toBeDefined();
  });
});

test('every field of every type has a text', () => {
  const silent = Object.entries(definitions).flatMap(([type, { properties = {} }]) =>
    Object.entries(properties).flatMap(([name, { description }]) => (description ? [] : [`${type}.${name}`])),
  );
  expect(silent).toEqual([]);
});

test('a document has another name when its texts change', () => {
  const other = { ...schema, textHash: 'other' };
  expect(openApiV3Hash(registry, other, 'apps', 'v1')).not.toBe(openApiV3Hash(registry, schema, 'apps', 'v1'));
});
