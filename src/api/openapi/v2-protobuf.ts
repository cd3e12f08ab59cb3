// OpenAPI v2 in protobuf (gnostic's openapi.v2 messages): only the fields that our documents have. Field numbers are
// those of the public OpenAPIv2.proto.

import { ProtoWriter } from './proto-writer.ts';
import type { SchemaDocument } from './schemas.ts';
import type { OpenApiV2, V2Operation, V2Parameter } from './v2.ts';

/** What clients ask for. It is no valid media type, so the answer has another name. */
export const OPENAPI_V2_PROTOBUF_ACCEPT = 'application/com.github.proto-openapi.spec.v2@v1.0+protobuf';
/** The Content-Type of the answer; clients may ask for it too. */
export const OPENAPI_V2_PROTOBUF_MEDIA_TYPE = 'application/com.github.proto-openapi.spec.v2.v1.0+protobuf';

const METHOD_FIELDS: Readonly<Record<string, number>> = { get: 2, put: 3, post: 4, delete: 5, patch: 8 };

export function openApiV2Protobuf(document: OpenApiV2): Uint8Array {
  const root = new ProtoWriter();
  root.string(1, document.swagger);
  root.message(2, (info) => {
    info.string(1, document.info.title);
    info.string(2, document.info.version);
  });
  root.message(8, (paths) => {
    for (const [name, operations] of Object.entries(document.paths)) {
      named(paths, 2, name, (item) => {
        for (const [method, operation] of Object.entries(operations)) {
          const field = METHOD_FIELDS[method];
          if (field !== undefined) item.message(field, (writer) => writeOperation(writer, operation));
        }
      });
    }
  });
  root.message(9, (definitions) => {
    for (const [name, schema] of Object.entries(document.definitions)) {
      named(definitions, 1, name, (writer) => writeSchema(writer, schema as SchemaDocument));
    }
  });
  return root.finish();
}

/** The Named… messages: a name (1) and a value (2). */
function named(writer: ProtoWriter, field: number, name: string, value: (writer: ProtoWriter) => void): void {
  writer.message(field, (entry) => {
    entry.string(1, name);
    entry.message(2, value);
  });
}

/** Vendor extensions carry their value as YAML, of which JSON is a part. */
function extensions(writer: ProtoWriter, field: number, document: object): void {
  for (const [key, value] of Object.entries(document)) {
    if (key.startsWith('x-')) named(writer, field, key, (any) => any.string(2, JSON.stringify(value)));
  }
}

function writeOperation(writer: ProtoWriter, operation: V2Operation): void {
  writer.string(5, operation.operationId);
  for (const type of operation.produces) writer.string(6, type);
  for (const type of operation.consumes) writer.string(7, type);
  for (const parameter of operation.parameters) {
    writer.message(8, (item) => item.message(1, (choice) => writeParameter(choice, parameter)));
  }
  writer.message(9, (responses) => {
    for (const [code, response] of Object.entries(operation.responses)) {
      named(responses, 1, code, (value) =>
        value.message(1, (body) => {
          body.string(1, response.description);
          body.message(2, (item) => item.message(1, (schema) => writeSchema(schema, response.schema)));
        }),
      );
    }
  });
  extensions(writer, 13, operation);
}

function writeParameter(writer: ProtoWriter, parameter: V2Parameter): void {
  const { name, in: place, description = '', required = false, schema, type = '', uniqueItems = false } = parameter;
  if (place === 'body') {
    writer.message(1, (body) => {
      body.string(1, description);
      body.string(2, name);
      body.string(3, place);
      body.bool(4, required);
      body.message(5, (item) => writeSchema(item, schema ?? {}));
    });
    return;
  }
  writer.message(2, (choice) =>
    choice.message(place === 'query' ? 3 : 4, (inner) => {
      inner.bool(1, required);
      inner.string(2, place);
      inner.string(3, description);
      inner.string(4, name);
      // Query parameters have allow_empty_value at 5, which moves the rest by one.
      const shift = place === 'query' ? 1 : 0;
      inner.string(5 + shift, type);
      inner.bool(18 + shift, uniqueItems);
    }),
  );
}

function writeSchema(writer: ProtoWriter, schema: SchemaDocument): void {
  const text = (field: number, value: unknown): void => {
    if (typeof value === 'string') writer.string(field, value);
  };
  text(1, schema['$ref']);
  text(2, schema['format']);
  text(4, schema['description']);
  for (const name of (schema['required'] as readonly string[] | undefined) ?? []) writer.string(19, name);
  for (const value of (schema['enum'] as readonly string[] | undefined) ?? [])
    writer.message(20, (any) => any.string(2, JSON.stringify(value)));
  const additional = schema['additionalProperties'] as SchemaDocument | undefined;
  if (additional !== undefined)
    writer.message(21, (item) => item.message(1, (inner) => writeSchema(inner, additional)));
  const type = schema['type'];
  if (typeof type === 'string') writer.message(22, (item) => item.string(1, type));
  const items = schema['items'] as SchemaDocument | undefined;
  if (items !== undefined) writer.message(23, (item) => item.message(1, (inner) => writeSchema(inner, items)));
  const properties = schema['properties'] as SchemaDocument | undefined;
  if (properties !== undefined) {
    writer.message(25, (list) => {
      for (const [name, property] of Object.entries(properties)) {
        named(list, 1, name, (inner) => writeSchema(inner, property as SchemaDocument));
      }
    });
  }
  extensions(writer, 31, schema);
}
