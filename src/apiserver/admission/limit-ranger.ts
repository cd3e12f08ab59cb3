// LimitRanger: containers that do not say what they want get their namespace's defaults; pods and claims that want too
// little or too much are refused.
import {
  type Container,
  forbiddenError,
  type LimitRange,
  type PersistentVolumeClaim,
  type Pod,
  qosClassOf,
} from '../../api/index.ts';
import { whyOutOfRange, whyPodOutOfRange } from './limit-constraints.ts';
import type { AdmissionPlugin, AdmissionRequest } from './plugin.ts';
import { findAll } from './stored-objects.ts';

const LIMIT_RANGES = 'limitranges';
const ANNOTATION = 'kubernetes.io/limit-ranger';

export const LIMIT_RANGER_DEFAULTS: AdmissionPlugin = {
  of: ['pods'],
  on: ['create'],
  admit(request) {
    for (const range of rangesOf(request)) setDefaults(request.object as Pod, range);
  },
};

export const LIMIT_RANGER: AdmissionPlugin = {
  of: ['pods', 'persistentvolumeclaims'],
  on: ['create', 'update'],
  admit(request) {
    const { operation, object, old } = request;
    const isPod = operation.definition.plural === 'pods';
    // What a pod's containers want changes only when it is resized.
    if (old !== undefined && operation.info.subresource !== (isPod ? 'resize' : '')) return;
    if (old?.metadata?.deletionTimestamp !== undefined) return;
    for (const range of rangesOf(request)) {
      const reasons = isPod ? whyPodOutOfRange(object as Pod, range) : whyClaimOutOfRange(object, range);
      if (reasons.length > 0) throw forbiddenError(operation.definition, object.metadata?.name ?? '', joined(reasons));
    }
  },
};

function rangesOf({ object, snapshot }: AdmissionRequest): readonly LimitRange[] {
  return findAll<LimitRange>(snapshot, LIMIT_RANGES, object.metadata?.namespace ?? '').map((found) => found.object);
}

function whyClaimOutOfRange({ spec }: PersistentVolumeClaim, range: LimitRange): string[] {
  const requests = spec?.resources?.requests ?? {};
  return (range.spec?.limits ?? [])
    .filter(({ type }) => type === 'PersistentVolumeClaim')
    .flatMap((item) => whyOutOfRange(item, requests, undefined));
}

/** One reason as it is, several in brackets, none twice. */
function joined(reasons: readonly string[]): string {
  const distinct = [...new Set(reasons)];
  return distinct.length === 1 ? distinct.join('') : `[${distinct.join(', ')}]`;
}

function setDefaults(pod: Pod, { spec: range }: LimitRange): void {
  const items = (range?.limits ?? []).filter(({ type }) => type === 'Container');
  const limits = Object.assign({}, ...items.map((item) => item.default)) as Record<string, string>;
  const requests = Object.assign({}, ...items.map((item) => item.defaultRequest)) as Record<string, string>;
  const { spec, metadata } = pod;
  if (spec === undefined || metadata === undefined) return;
  const set = [
    ...(spec.containers ?? []).flatMap((container) => fill(container, 'container', requests, limits)),
    ...(spec.initContainers ?? []).flatMap((container) => fill(container, 'init container', requests, limits)),
  ];
  if (set.length === 0) return;
  metadata.annotations = { ...metadata.annotations, [ANNOTATION]: `LimitRanger plugin set: ${set.join('; ')}` };
  // It was found before anything was set.
  if (pod.status !== undefined) pod.status.qosClass = qosClassOf(spec);
}

/** Says what was set. */
function fill(
  container: Container,
  kind: string,
  requests: Readonly<Record<string, string>>,
  limits: Readonly<Record<string, string>>,
): string[] {
  const own = container.resources ?? {};
  const lacking = (
    defaults: Readonly<Record<string, string>>,
    has: Readonly<Record<string, string>> | undefined,
  ): string[] =>
    Object.keys(defaults)
      .filter((name) => !Object.hasOwn(has ?? {}, name))
      .sort();
  const setRequests = lacking(requests, own.requests);
  const setLimits = lacking(limits, own.limits);
  if (setRequests.length + setLimits.length === 0) return [];
  container.resources = {
    ...own,
    ...(setLimits.length === 0 ? {} : { limits: { ...limits, ...own.limits } }),
    ...(setRequests.length === 0 ? {} : { requests: { ...requests, ...own.requests } }),
  };
  const text = (names: readonly string[], what: string): string[] =>
    names.length === 0 ? [] : [`${names.join(', ')} ${what} for ${kind} ${container.name}`];
  return [...text(setRequests, 'request'), ...text(setLimits, 'limit')];
}
