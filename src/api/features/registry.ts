// The registry of a server with feature gates. What lies behind gates, resources, schema and messages, is loaded by the first
// server that opens one; without gates nothing of it is read.

import { extendMessages } from '../protobuf/places.ts';
import { type ApiRegistry, createApiRegistry } from '../registry.ts';
import { RESOURCES } from '../resources/index.ts';
import { extendApiSchema } from '../schema/schema.ts';
import type { GatedFile } from '../schema/schema-file.ts';
import { enablesAny, type FeatureGates, isVersionEnabled } from './gates.ts';

/** The stable resources, and the versions that `gates` enable. */
export async function createGatedRegistry(gates: FeatureGates): Promise<ApiRegistry> {
  if (!enablesAny(gates)) return createApiRegistry();
  const [{ GATED_RESOURCES }, generated] = await Promise.all([
    import('../resources/gated/index.ts'),
    import('../generated/gated.json', { with: { type: 'json' } }),
  ]);
  const { types, messages } = generated.default as unknown as GatedFile;
  extendApiSchema(types);
  extendMessages(messages);
  const enabled = GATED_RESOURCES.filter(({ feature, definition }) =>
    isVersionEnabled(gates, feature, definition.version),
  );
  return createApiRegistry([...RESOURCES, ...enabled.map(({ definition }) => definition)]);
}
