// What a PATCH may come as: three forms of patches, and configurations that are applied.

export const PATCH_MEDIA_TYPES = [
  'application/json-patch+json',
  'application/merge-patch+json',
  'application/strategic-merge-patch+json',
] as const;
export type PatchMediaType = (typeof PATCH_MEDIA_TYPES)[number];

/** Server-side apply: the body is a configuration, in YAML or JSON, and no patch of an object that is there. */
export const APPLY_MEDIA_TYPE = 'application/apply-patch+yaml';

export const ACCEPTED_PATCH_MEDIA_TYPES: readonly string[] = [...PATCH_MEDIA_TYPES, APPLY_MEDIA_TYPE];
