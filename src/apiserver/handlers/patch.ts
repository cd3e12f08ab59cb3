// PATCH: JSON patch, merge patch, strategic merge patch, applied to the current version and committed on it. When the
// object has moved meanwhile, the patch is applied anew, unless it names the resourceVersion it is for.
import {
  ApiError,
  admitDecoded,
  apiSchema,
  applyPatch,
  asJson,
  type BodyKind,
  cloneJson,
  decodeBody,
  isPatchMediaType,
  type Json,
  type KubeObject,
  mediaTypeOf,
  PATCH_MEDIA_TYPES,
  reconcileNames,
  unsupportedMediaTypeError,
} from '../../api/index.ts';
import { commitOperation } from './commit-operation.ts';
import { bodyKind } from './create.ts';
import type { Answer, Operation } from './operation.ts';
import { parseWriteOptions, type WriteOptions } from './options.ts';
import { requireExisting, type UpdatePart, updateStep } from './update.ts';

const APPLY_MEDIA_TYPES = ['application/apply-patch+yaml', 'application/apply-patch+cbor'];

export interface PatchRequest {
  readonly mediaType: string;
  readonly patch: Json;
  readonly options: WriteOptions;
}

export async function handlePatch(operation: Operation, part: UpdatePart): Promise<Answer> {
  const { definition, info } = operation;
  const request = await readPatch(operation);
  return commitOperation(operation, (snapshot) => {
    const old = requireExisting(operation, snapshot);
    const object = patched(operation, request, old.object, bodyKind(definition));
    reconcileNames(definition, object, info.namespace, info.name);
    return updateStep(operation, object, old, part, snapshot);
  });
}

/** Throws ApiError 400, 413 and 415. */
export async function readPatch(operation: Operation): Promise<PatchRequest> {
  const options = parseWriteOptions(operation.query, 'PatchOptions');
  const mediaType = mediaTypeOf(operation.contentType);
  if (APPLY_MEDIA_TYPES.includes(mediaType))
    throw new ApiError(
      415,
      'UnsupportedMediaType',
      'server-side apply is not supported by this version of quorate: use client-side apply (kubectl apply --server-side=false)',
    );
  if (!isPatchMediaType(mediaType)) throw unsupportedMediaTypeError(PATCH_MEDIA_TYPES);
  const { value } = decodeBody(await operation.body(), mediaType);
  return { mediaType, patch: value, options };
}

/** The patched object, pruned, defaulted and of the right kind. `target` is not changed. */
export function patched(operation: Operation, request: PatchRequest, target: KubeObject, kind: BodyKind): KubeObject {
  const tree = applyPatch(apiSchema(), request.mediaType, kind.schema, asJson(cloneJson(target)), request.patch);
  const admitted = admitDecoded(apiSchema(), kind, { value: cloneJson(tree) }, request.options.fieldValidation);
  for (const warning of admitted.warnings) operation.warnings.add(warning);
  return admitted.object;
}
