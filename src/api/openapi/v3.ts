// OpenAPI v3: an index of documents, one per group version, with hashes in their addresses so that clients cache them.
import { createHash } from 'node:crypto';
import { type ApiRegistry, groupVersion } from '../registry.ts';
import type { ApiSchema } from '../schema/index.ts';
import { type OperationSpec, operationsOf } from './operations.ts';
import { loadTexts, type SchemaDocument, type SchemaStyle, schemasOf } from './schemas.ts';

const STYLE: SchemaStyle = { version: 3, referencePrefix: '#/components/schemas/' };

/** GET /openapi/v3. The hash names the content: it changes with the schema and the registered resources. */
export function openApiV3Index(
  registry: ApiRegistry,
  schema: ApiSchema,
): { paths: Record<string, { serverRelativeURL: string }> } {
  const paths: Record<string, { serverRelativeURL: string }> = {};
  for (const { name, versions } of registry.groups()) {
    for (const version of versions) {
      const path = `${name === '' ? 'api' : 'apis'}/${groupVersion(name, version)}`;
      paths[path] = { serverRelativeURL: `/openapi/v3/${path}?hash=${openApiV3Hash(registry, schema, name, version)}` };
    }
  }
  return { paths };
}

/** Names the content of one document; its ETag. */
export function openApiV3Hash(registry: ApiRegistry, schema: ApiSchema, group: string, version: string): string {
  const content = JSON.stringify([schema.hash, schema.textHash, operations(registry, group, version)]);
  return createHash('sha256').update(content).digest('hex').toUpperCase();
}

/** GET /openapi/v3/api/v1 or /openapi/v3/apis/GROUP/VERSION; undefined when there is no such version. */
export async function openApiV3(
  registry: ApiRegistry,
  schema: ApiSchema,
  group: string,
  version: string,
  serverVersion: string,
): Promise<SchemaDocument | undefined> {
  const all = operations(registry, group, version);
  if (all.length === 0) return undefined;
  const paths: Record<string, SchemaDocument> = {};
  for (const operation of all) {
    paths[operation.path] ??= {};
    Object.assign(paths[operation.path] ?? {}, { [operation.method]: operationDocument(operation) });
  }
  const names = new Set(all.flatMap(({ body, response }) => (body === undefined ? [response] : [body, response])));
  return {
    openapi: '3.0.0',
    info: { title: 'Kubernetes', version: serverVersion },
    paths,
    components: { schemas: schemasOf(registry, schema, names, await loadTexts(), STYLE) },
  };
}

function operations(registry: ApiRegistry, group: string, version: string): OperationSpec[] {
  return registry
    .all()
    .filter((definition) => definition.group === group && definition.version === version)
    .flatMap((definition) => operationsOf(definition));
}

function operationDocument(operation: OperationSpec): SchemaDocument {
  const { action, body, consumes, id, kind, response } = operation;
  const content = (type: string, media: readonly string[]): SchemaDocument =>
    Object.fromEntries(media.map((one) => [one, { schema: { $ref: `${STYLE.referencePrefix}${type}` } }]));
  return {
    tags: [`${kind.group || 'core'}_${kind.version}`],
    operationId: id,
    parameters: operation.parameters.map(({ name, in: place, type, description }) => ({
      name,
      in: place,
      description,
      ...(place === 'path' ? { required: true } : {}),
      schema: { type, uniqueItems: true },
    })),
    ...(body === undefined ? {} : { requestBody: { content: content(body, consumes) } }),
    responses: { 200: { description: 'OK', content: content(response, ['application/json', 'application/yaml']) } },
    'x-kubernetes-action': action,
    'x-kubernetes-group-version-kind': { group: kind.group, version: kind.version, kind: kind.kind },
  };
}
