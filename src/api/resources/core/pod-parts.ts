// The subresources of pods that change one part of the spec: ephemeralcontainers adds containers to look into a running pod,
// resize changes what its containers may use.
import type { PartStrategy } from '../../definition.ts';
import { cloneJson, equalJson } from '../../json.ts';
import type { Container, Pod } from '../../types.ts';
import { validateEphemeralContainersUpdate, validatePodResize } from '../../validation/pod-update.ts';

export const POD_PARTS: Readonly<Record<string, PartStrategy>> = {
  ephemeralcontainers: {
    prepare(object, old) {
      const pod = object as Pod;
      const before = old as Pod;
      const added = pod.spec?.ephemeralContainers;
      carryOver(pod, before);
      if (pod.spec !== undefined) {
        if (added === undefined) delete pod.spec.ephemeralContainers;
        else pod.spec.ephemeralContainers = added;
      }
      return !equalJson(pod.spec, before.spec);
    },
    validate: (object, old) => validateEphemeralContainersUpdate(object as Pod, old as Pod),
  },
  resize: {
    prepare(object, old) {
      const pod = object as Pod;
      const before = old as Pod;
      const { containers, initContainers } = pod.spec ?? {};
      carryOver(pod, before);
      if (pod.spec !== undefined) {
        pod.spec.containers = resized(containers ?? [], before.spec?.containers ?? []);
        const initial = resized(initContainers ?? [], before.spec?.initContainers ?? []);
        if (initial.length > 0) pod.spec.initContainers = initial;
        else delete pod.spec.initContainers;
      }
      return !equalJson(pod.spec, before.spec);
    },
    validate: (object, old) => validatePodResize(object as Pod, old as Pod),
  },
};

function carryOver(pod: Pod, before: Pod): void {
  if (before.spec === undefined) delete pod.spec;
  else pod.spec = cloneJson(before.spec);
  if (before.status === undefined) delete pod.status;
  else pod.status = cloneJson(before.status);
}

/** The old containers with the new resources; other containers are left for validation to refuse. */
function resized(containers: readonly Container[], before: readonly Container[]): Container[] {
  const same = containers.length === before.length && containers.every(({ name }, at) => name === before[at]?.name);
  if (!same) return [...containers];
  return before.map((known, at) => {
    const { resources: _resources, resizePolicy: _policy, ...rest } = cloneJson(known);
    const { resources, resizePolicy } = containers[at] ?? {};
    return {
      ...rest,
      ...(resources === undefined ? {} : { resources }),
      ...(resizePolicy === undefined ? {} : { resizePolicy }),
    };
  });
}
