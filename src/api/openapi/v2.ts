// OpenAPI v2: one document for everything, as JSON and in the protobuf form that kubectl asks for.
import type { ApiRegistry } from '../registry.ts';
import type { ApiSchema } from '../schema/index.ts';
import { type OperationSpec, operationsOf } from './operations.ts';
import { loadTexts, type SchemaDocument, type SchemaStyle, schemasOf } from './schemas.ts';

const STYLE: SchemaStyle = { version: 2, referencePrefix: '#/definitions/' };

export interface OpenApiV2 {
  readonly swagger: '2.0';
  readonly info: { readonly title: string; readonly version: string };
  readonly paths: Readonly<Record<string, Readonly<Record<string, V2Operation>>>>;
  readonly definitions: SchemaDocument;
}

export interface V2Parameter {
  readonly name: string;
  readonly in: 'body' | 'path' | 'query';
  readonly description?: string;
  readonly required?: boolean;
  readonly type?: string;
  readonly uniqueItems?: boolean;
  readonly schema?: SchemaDocument;
}

export interface V2Operation {
  readonly consumes: readonly string[];
  readonly produces: readonly string[];
  readonly operationId: string;
  readonly parameters: readonly V2Parameter[];
  readonly responses: Readonly<Record<string, { readonly description: string; readonly schema: SchemaDocument }>>;
  readonly 'x-kubernetes-action': string;
  readonly 'x-kubernetes-group-version-kind': {
    readonly group: string;
    readonly version: string;
    readonly kind: string;
  };
}

/** GET /openapi/v2. */
export async function openApiV2(registry: ApiRegistry, schema: ApiSchema, serverVersion: string): Promise<OpenApiV2> {
  const all = registry.all().flatMap((definition) => operationsOf(definition));
  const paths: Record<string, Record<string, V2Operation>> = {};
  for (const operation of all) {
    const path = paths[operation.path] ?? {};
    path[operation.method] = operationDocument(operation);
    paths[operation.path] = path;
  }
  return {
    swagger: '2.0',
    info: { title: 'Kubernetes', version: serverVersion },
    paths,
    definitions: schemasOf(registry, schema, schema.typeNames(), await loadTexts(), STYLE),
  };
}

function operationDocument(operation: OperationSpec): V2Operation {
  const { action, body, consumes, id, kind, response } = operation;
  const parameters: V2Parameter[] = operation.parameters.map(({ name, in: place, type, description }) => ({
    name,
    in: place,
    description,
    type,
    uniqueItems: true,
    ...(place === 'path' ? { required: true } : {}),
  }));
  if (body !== undefined) {
    parameters.push({ name: 'body', in: 'body', schema: { $ref: `${STYLE.referencePrefix}${body}` } });
  }
  return {
    consumes: body === undefined ? ['*/*'] : consumes,
    produces: ['application/json', 'application/yaml'],
    operationId: id,
    parameters,
    responses: { 200: { description: 'OK', schema: { $ref: `${STYLE.referencePrefix}${response}` } } },
    'x-kubernetes-action': action,
    'x-kubernetes-group-version-kind': { group: kind.group, version: kind.version, kind: kind.kind },
  };
}
