// The object in a request's body, in whatever form it comes: JSON, YAML or protobuf.
import {
  admitDecoded,
  apiSchema,
  type BodyKind,
  badRequestError,
  type DecodedBody,
  decodeBody,
  type FieldValidation,
  isJsonObject,
  JsonParseError,
  jsonKind,
  type KubeObject,
} from '../../api/index.ts';
import type { Operation } from './operation.ts';

/** Checked against the schema, pruned, with its type's defaults. Adds warnings. Throws ApiError 400, 413 and 415. */
export async function decodeRequest(
  operation: Operation,
  kind: BodyKind,
  validation: FieldValidation,
): Promise<KubeObject> {
  return decodeBytes(operation, kind, await operation.body(), validation);
}

export function decodeBytes(
  operation: Operation,
  kind: BodyKind,
  bytes: Uint8Array,
  validation: FieldValidation,
): KubeObject {
  const admitted = admitDecoded(apiSchema(), kind, readObject(operation, kind, bytes), validation);
  for (const warning of admitted.warnings) operation.warnings.add(warning);
  return admitted.object;
}

/** What Go decodes into, to learn what it is that comes. */
const HEAD_TYPE =
  'struct { APIVersion string "json:\\"apiVersion,omitempty\\""; Kind string "json:\\"kind,omitempty\\"" }';

function readObject({ contentType }: Operation, kind: BodyKind, bytes: Uint8Array): DecodedBody {
  const unrecognized = (error: JsonParseError): Error =>
    badRequestError(
      `the object provided is unrecognized (must be of type ${kind.kind}): ${error.message} (${summary(bytes)})`,
    );
  try {
    const body = decodeBody(bytes, contentType);
    // Null decodes to an object that says nothing.
    if (body.value === null) return { ...body, value: {} };
    if (isJsonObject(body.value)) return body;
    throw new JsonParseError(`json: cannot unmarshal ${jsonKind(body.value)} into Go value of type ${HEAD_TYPE}`);
  } catch (error) {
    throw error instanceof JsonParseError ? unrecognized(error) : error;
  }
}

const SUMMARY_BYTES = 30;

/** How a body begins: as text where it looks like an object, else byte by byte. */
function summary(bytes: Uint8Array): string {
  if (bytes.length === 0) return '<empty>';
  const begin = Buffer.from(bytes.subarray(0, SUMMARY_BYTES)).toString(bytes[0] === 0x7b ? 'utf8' : 'hex');
  return bytes.length > SUMMARY_BYTES ? `${begin} ...` : begin;
}
