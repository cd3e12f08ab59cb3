// PATCH: JSON patch, merge patch, strategic merge patch (server-side apply is apply.ts), applied to the current version and
// committed on it. When the object has moved meanwhile, the patch is applied anew, unless it names the resourceVersion it is for.
import {
  ACCEPTED_PATCH_MEDIA_TYPES,
  type ApiError,
  admitDecoded,
  apiSchema,
  applyPatch,
  asJson,
  type BodyKind,
  badRequestError,
  cloneJson,
  type DecodedBody,
  decodeBody,
  groupVersion,
  invalid,
  invalidError,
  isJsonObject,
  isPatchMediaType,
  type Json,
  type JsonObject,
  JsonParseError,
  type KubeObject,
  mediaTypeOf,
  parseGroupVersion,
  reconcileNames,
  type SchemaError,
  typeNameOf,
  unsupportedMediaTypeError,
} from '../../api/index.ts';
import { goText } from '../../lib/index.ts';
import { handleApply } from './apply.ts';
import { commitOperation } from './commit-operation.ts';
import { bodyKind } from './create.ts';
import { isApply } from './field-manager.ts';
import type { Answer, Operation } from './operation.ts';
import { parsePatchOptions, type WriteOptions } from './options.ts';
import { requireExisting, type UpdatePart, updateStep } from './update.ts';

const STRATEGIC_MEDIA_TYPE = 'application/strategic-merge-patch+json';

export interface PatchRequest {
  readonly mediaType: string;
  readonly patch: Json;
  /** Paths of fields that the patch names twice. */
  readonly duplicateFields: readonly string[];
  readonly options: WriteOptions;
}

export async function handlePatch(operation: Operation, part: UpdatePart): Promise<Answer> {
  if (isApply(operation)) return handleApply(operation, part);
  const { definition, info } = operation;
  const request = await readPatch(operation);
  return commitOperation(operation, (snapshot) => {
    const old = requireExisting(operation, snapshot);
    const object = patched(operation, request, old.object, bodyKind(definition));
    reconcileNames(definition, object, info.namespace, info.name);
    return updateStep(operation, object, old, part, snapshot);
  });
}

/** Throws ApiError 400, 413, 415 and 422. */
export async function readPatch(operation: Operation): Promise<PatchRequest> {
  const mediaType = mediaTypeOf(operation.contentType);
  if (!isPatchMediaType(mediaType)) throw unsupportedMediaTypeError(ACCEPTED_PATCH_MEDIA_TYPES);
  const options = parsePatchOptions(operation.query, false);
  const { value, duplicateFields } = decodePatch(await operation.body(), mediaType, options);
  return { mediaType, patch: value, duplicateFields, options };
}

function decodePatch(bytes: Uint8Array, mediaType: string, options: WriteOptions): DecodedBody {
  try {
    return decodeBody(bytes, mediaType);
  } catch (error) {
    throw error instanceof JsonParseError ? badRequestError(unreadable(error, mediaType, options)) : error;
  }
}

/** What each reader of patches says of a text that is no JSON. */
function unreadable({ why }: JsonParseError, mediaType: string, { fieldValidation }: WriteOptions): string {
  if (mediaType === STRATEGIC_MEDIA_TYPE) return why;
  if (fieldValidation !== 'Ignore') return `error decoding patch: ${why}`;
  return mediaType === 'application/merge-patch+json' ? 'Invalid JSON Patch' : why;
}

/**
 * The patched object, pruned, defaulted and of the right kind. `target` is not changed. Throws ApiError 422 for a patch that leads
 * to fields that do not exist where that is asked to be strict: the patch can be read, its result is what is invalid.
 */
export function patched(operation: Operation, request: PatchRequest, target: KubeObject, kind: BodyKind): KubeObject {
  const { mediaType, patch, duplicateFields, options } = request;
  const apply = (): Json =>
    cloneJson(applyPatch(apiSchema(), mediaType, kind.schema, asJson(cloneJson(target)), patch));
  const refusal = (why: string): ApiError => {
    const shown = mediaType === STRATEGIC_MEDIA_TYPE ? goText(patch) : JSON.stringify(apply());
    return invalidError({ group: '', kind: '' }, '', [invalid('patch', shown, why)]);
  };
  const misfit = (error: SchemaError): ApiError =>
    refusal(mediaType === STRATEGIC_MEDIA_TYPE ? error.inTree : error.message);
  const value = apply();
  if (isJsonObject(value)) {
    // A tree is read as what it is to be, whatever it calls itself.
    if (mediaType === STRATEGIC_MEDIA_TYPE) Object.assign(value, { apiVersion: kindVersion(kind), kind: kind.kind });
    const why = otherKind(value, kind);
    if (why !== undefined) throw refusal(why);
  }
  const { object, warnings } = admitDecoded(apiSchema(), kind, { value, duplicateFields }, 'Warn', misfit);
  if (options.fieldValidation === 'Strict' && warnings.length > 0)
    throw refusal(`strict decoding error: ${warnings.join(', ')}`);
  if (options.fieldValidation === 'Warn') for (const warning of warnings) operation.warnings.add(warning);
  return object;
}

function kindVersion({ group, version }: BodyKind): string {
  return groupVersion(group, version);
}

/** Why what a patch has made of an object is of another kind; undefined where it is not, or only of another version. */
function otherKind(value: JsonObject, expected: BodyKind): string | undefined {
  const kind = typeof value['kind'] === 'string' && value['kind'] !== '' ? value['kind'] : expected.kind;
  const named = value['apiVersion'];
  const apiVersion = typeof named === 'string' && named !== '' ? named : kindVersion(expected);
  const parsed = parseGroupVersion(apiVersion);
  if (parsed === undefined) return undefined;
  if (apiSchema().type(typeNameOf(parsed.group, parsed.version, kind)) === undefined)
    return `no kind ${JSON.stringify(kind)} is registered for version ${JSON.stringify(apiVersion)} in scheme "pkg/api/legacyscheme/scheme.go:30"`;
  if (kind === expected.kind) return undefined;
  return `converting (${parsed.version}.${kind}) to (${internalPackage(expected.group)}.${expected.kind}): unknown conversion`;
}

/** Kubernetes' package of a group's unversioned types. */
function internalPackage(group: string): string {
  if (group === '' || group === 'events.k8s.io') return 'core';
  return group === 'internal.apiserver.k8s.io' ? 'apiserverinternal' : (group.split('.')[0] ?? '');
}
