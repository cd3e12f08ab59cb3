// The patch forms, each changing one container's image in a pod.
import { apiSchema, applyPatch, asJson, type Json, type PatchMediaType } from '../../src/api/index.ts';
import { POD } from './objects.ts';
import type { MicroSubject } from './subject.ts';

const IMAGE = 'busybox:1.36';
const PATCHES: Readonly<Record<PatchMediaType, Json>> = {
  'application/json-patch+json': [{ op: 'replace', path: '/spec/containers/0/image', value: IMAGE }],
  'application/merge-patch+json': { spec: { containers: [{ name: 'main', image: IMAGE }] } },
  'application/strategic-merge-patch+json': { spec: { containers: [{ name: 'main', image: IMAGE }] } },
};

export const PATCH: MicroSubject = {
  name: 'patch',
  cases: () =>
    (Object.keys(PATCHES) as PatchMediaType[]).map((mediaType) => {
      const name = mediaType.slice('application/'.length, -'-patch+json'.length);
      return {
        name,
        title: `${name} patch of a pod`,
        run: () => applyPatch(apiSchema(), mediaType, POD.definition.schema, asJson(POD.object), PATCHES[mediaType]),
      };
    }),
};
