// What the tests of server-side apply share: objects, writers, and managedFields in a form that reads well.
import {
  apiSchema,
  applyConfiguration,
  cloneJson,
  type FieldWrite,
  type Json,
  type KubeObject,
  trackUpdate,
} from '../../../src/api/index.ts';

export const NOW = Date.parse('2026-01-01T00:00:00Z');
export const LATER = Date.parse('2026-01-01T00:01:00Z');

/** An object of any kind, written as it is on the wire. */
export function object(fields: Readonly<Record<string, Json>>): KubeObject {
  return fields as unknown as KubeObject;
}

export interface Writer {
  readonly manager?: string;
  readonly subresource?: string;
  readonly apiVersion?: string;
  readonly nowMs?: number;
}

const TYPES: Readonly<Record<string, string>> = {
  'v1/ConfigMap': 'io.k8s.api.core.v1.ConfigMap',
  'v1/Pod': 'io.k8s.api.core.v1.Pod',
  'v1/Service': 'io.k8s.api.core.v1.Service',
  'v1/Node': 'io.k8s.api.core.v1.Node',
  'v1/Endpoints': 'io.k8s.api.core.v1.Endpoints',
  'v1/ServiceAccount': 'io.k8s.api.core.v1.ServiceAccount',
  'apps/v1/Deployment': 'io.k8s.api.apps.v1.Deployment',
  'autoscaling/v2/HorizontalPodAutoscaler': 'io.k8s.api.autoscaling.v2.HorizontalPodAutoscaler',
  'autoscaling/v1/HorizontalPodAutoscaler': 'io.k8s.api.autoscaling.v1.HorizontalPodAutoscaler',
};

export function typeOf(one: KubeObject): string {
  const type = TYPES[`${one.apiVersion}/${one.kind}`];
  if (type === undefined) throw new Error(`no type for ${one.apiVersion}/${one.kind}`);
  return type;
}

function writeOf(one: KubeObject, writer: Writer): FieldWrite {
  const { manager = 'kubectl', subresource = '', apiVersion = one.apiVersion ?? '', nowMs = NOW } = writer;
  return { manager, subresource, apiVersion, nowMs };
}

/** `after` as an update or create stores it. Live objects are frozen: nobody may change them. */
export function updated(live: KubeObject | undefined, after: KubeObject, writer: Writer = {}): KubeObject {
  if (live !== undefined) freeze(live);
  const stored = cloneJson(after);
  trackUpdate(apiSchema(), typeOf(after), live, stored, writeOf(after, writer));
  return stored;
}

export function created(after: KubeObject, writer: Writer = {}): KubeObject {
  return updated(undefined, after, writer);
}

export function applied(
  live: KubeObject | undefined,
  configuration: KubeObject,
  writer: Writer & { readonly force?: boolean } = {},
): KubeObject {
  if (live !== undefined) freeze(live);
  freeze(configuration);
  const write = writeOf(configuration, writer);
  return applyConfiguration(apiSchema(), typeOf(configuration), live, configuration, write, writer.force ?? false);
}

function freeze(value: unknown): void {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return;
  Object.freeze(value);
  for (const member of Object.values(value)) freeze(member);
}

/** managedFields as `MANAGER OPERATION VERSION[ SUBRESOURCE] TIME` and the set. */
export function owners(one: KubeObject): Record<string, unknown> {
  const entries = (one.metadata?.managedFields ?? []).map((entry): [string, unknown] => {
    const { manager, operation, apiVersion, subresource, time } = entry;
    const part = subresource === undefined ? '' : ` ${subresource}`;
    return [`${manager} ${operation} ${apiVersion}${part} ${time?.slice(14, 19) ?? 'never'}`, entry.fieldsV1];
  });
  return Object.fromEntries(entries);
}

/** The object without its managedFields. */
export function bare(one: KubeObject): unknown {
  const { managedFields: _managed, ...metadata } = one.metadata ?? {};
  return { ...one, metadata };
}
