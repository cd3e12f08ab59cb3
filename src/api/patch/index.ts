// The three patch forms, and one function that applies whichever the Content-Type names.
import { isJsonObject, type Json } from '../json.ts';
import type { ApiSchema } from '../schema/index.ts';
import { badRequestError, unsupportedMediaTypeError } from '../status.ts';
import { decodesNoObject } from './json-kind.ts';
import { applyJsonPatch } from './json-patch.ts';
import { ACCEPTED_PATCH_MEDIA_TYPES, PATCH_MEDIA_TYPES, type PatchMediaType } from './media-types.ts';
import { applyMergePatch } from './merge-patch.ts';
import { applyStrategicMergePatch } from './strategic-merge-patch.ts';

export { decodesNoObject, jsonKind } from './json-kind.ts';
export { applyJsonPatch } from './json-patch.ts';
export * from './media-types.ts';
export { applyMergePatch } from './merge-patch.ts';
export { applyStrategicMergePatch } from './strategic-merge-patch.ts';

export function isPatchMediaType(mediaType: string): mediaType is PatchMediaType {
  return (PATCH_MEDIA_TYPES as readonly string[]).includes(mediaType);
}

/** Applies a decoded patch to an object of `typeName`; `target` is not changed. Throws ApiError (400, 413, 415, 422). */
export function applyPatch(schema: ApiSchema, mediaType: string, typeName: string, target: Json, patch: Json): Json {
  if (!isPatchMediaType(mediaType)) throw unsupportedMediaTypeError(ACCEPTED_PATCH_MEDIA_TYPES);
  switch (mediaType) {
    case 'application/json-patch+json':
      return applyJsonPatch(target, patch);
    case 'application/merge-patch+json':
      if (patch === null) throw badRequestError('Invalid JSON Patch');
      if (!isJsonObject(patch)) throw badRequestError(`error decoding patch: ${decodesNoObject(patch)}`);
      return applyMergePatch(target, patch);
    case 'application/strategic-merge-patch+json':
      return applyStrategicMergePatch(schema, typeName, target, patch ?? {});
  }
}
