// The scale subresource: an autoscaling/v1 Scale as a view of whatever has spec.replicas.

import {
  admitDecoded,
  apiSchema,
  asJson,
  type BodyKind,
  checkConfigurationOf,
  cloneJson,
  groupVersion,
  invalid,
  invalidError,
  type KubeObject,
  type LabelSelector,
  matcherOfSelector,
  reconcileNames,
  SCALE_COLUMNS,
  type Scale,
  type SubresourceDefinition,
} from '../../api/index.ts';
import type { Snapshot } from '../../store/index.ts';
import { fromStored } from '../storage/codec.ts';
import type { Step } from '../storage/transact.ts';
import { applied, readConfiguration, unconvertible } from './apply.ts';
import type { Existing } from './commit-object.ts';
import { commitOperation } from './commit-operation.ts';
import { decodeRequest } from './decode.ts';
import { isApply } from './field-manager.ts';
import { readObject } from './get.ts';
import { type Answer, type Operation, objectAnswer } from './operation.ts';
import { parseWriteOptions } from './options.ts';
import { type PatchRequest, patched, readPatch } from './patch.ts';
import { requireExisting, updateStep } from './update.ts';

/** What has replicas: Deployments, ReplicaSets, StatefulSets; ReplicationControllers, whose selector is a plain map of labels. */
interface Scalable extends KubeObject {
  spec?: { replicas?: number; selector?: LabelSelector | Record<string, string> };
  status?: { replicas?: number };
}

const SCALE_SCHEMA = 'io.k8s.api.autoscaling.v1.Scale';

export async function handleScale(operation: Operation, subresource: SubresourceDefinition): Promise<Answer> {
  const { info } = operation;
  if (info.verb === 'get') {
    const { object } = await readObject(operation);
    return objectAnswer(200, scaleOf(fromStored<Scalable>(object)), SCALE_COLUMNS);
  }
  const { group, version, kind } = subresource;
  const bodyKind: BodyKind = { group, version, kind, schema: SCALE_SCHEMA };
  if (isApply(operation)) return applyScale(operation, bodyKind);
  return info.verb === 'patch' ? patchScale(operation, bodyKind) : updateScale(operation, bodyKind);
}

async function updateScale(operation: Operation, kind: BodyKind): Promise<Answer> {
  const { definition, info } = operation;
  const { fieldValidation } = parseWriteOptions(operation.query, 'UpdateOptions');
  const decoded = await decodeRequest(operation, kind, fieldValidation);
  reconcileNames(definition, decoded, info.namespace, info.name);
  return scale(operation, () => cloneJson(decoded));
}

async function patchScale(operation: Operation, kind: BodyKind): Promise<Answer> {
  const request: PatchRequest = await readPatch(operation);
  return scale(operation, (old) => patched(operation, request, scaleOf(old), kind));
}

/** Applies to the object what the Scale says of it: its replicas, whose owners are the object's. */
async function applyScale(operation: Operation, kind: BodyKind): Promise<Answer> {
  const configuration = await readConfiguration(operation, kind);
  const { definition, info } = operation;
  checkConfigurationOf(apiSchema(), kind.schema, configuration.object);
  const value = asJson(cloneJson(configuration.object));
  const misfit = unconvertible(configuration.object);
  const asked = admitDecoded(apiSchema(), kind, { value }, 'Ignore', misfit).object as Scale;
  const { name = info.name, namespace = info.namespace, uid, resourceVersion } = asked.metadata ?? {};
  const replicas = asked.spec?.replicas;
  const object = {
    apiVersion: groupVersion(definition.group, definition.version),
    kind: definition.kind,
    metadata: { name, namespace, ...(uid ? { uid } : {}), ...(resourceVersion ? { resourceVersion } : {}) },
    ...(replicas === undefined ? {} : { spec: { replicas } }),
  };
  return commitOperation(operation, (snapshot) => {
    const old = requireExisting(operation, snapshot);
    const scaled = applied(operation, { ...configuration, object }, old.object) as Scalable;
    refuseNegative(operation, scaled.spec?.replicas ?? 0);
    return answeringScale(updateStep(operation, scaled, old, 'object', snapshot));
  });
}

function scale(operation: Operation, wanted: (old: Scalable) => Scale): Promise<Answer> {
  return commitOperation(operation, (snapshot) => {
    const old = requireExisting(operation, snapshot);
    return scaleStep(operation, wanted(old.object as Scalable), old, snapshot);
  });
}

function scaleStep(operation: Operation, asked: Scale, old: Existing, snapshot: Snapshot): Step<Answer> {
  const replicas = asked.spec?.replicas ?? 0;
  refuseNegative(operation, replicas);
  const object = cloneJson(old.object) as Scalable;
  object.spec = { ...object.spec, replicas };
  // The version that the Scale names is the object's own.
  object.metadata = {
    ...object.metadata,
    resourceVersion: asked.metadata?.resourceVersion ?? '',
    uid: asked.metadata?.uid || object.metadata?.uid || '',
  };
  return answeringScale(updateStep(operation, object, old, 'object', snapshot));
}

function refuseNegative({ info }: Operation, replicas: number): void {
  if (replicas >= 0) return;
  const error = invalid('spec.replicas', replicas, 'must be greater than or equal to 0');
  throw invalidError({ group: 'autoscaling', kind: 'Scale' }, info.name, [error]);
}

function answeringScale(step: Step<Answer>): Step<Answer> {
  if (step.kind === 'answer') return { kind: 'answer', value: asScale(step.value) };
  return { ...step, done: (outcome) => asScale(step.done(outcome)) };
}

function asScale(answer: Answer): Answer {
  switch (answer.kind) {
    case 'stored':
      return objectAnswer(200, scaleOf(fromStored<Scalable>(answer.object)), SCALE_COLUMNS);
    case 'object':
      return objectAnswer(200, scaleOf(answer.object as Scalable), SCALE_COLUMNS);
    default:
      return answer;
  }
}

function scaleOf(object: Scalable): Scale {
  const { name, namespace, uid, resourceVersion, creationTimestamp } = object.metadata ?? {};
  const identity = { name, namespace, uid, resourceVersion, creationTimestamp };
  const replicas = object.spec?.replicas ?? 1;
  const metadata = Object.fromEntries(Object.entries(identity).filter(([, value]) => value !== undefined));
  return {
    kind: 'Scale',
    apiVersion: 'autoscaling/v1',
    metadata,
    // Zero is left out, as in Go.
    spec: replicas === 0 ? {} : { replicas },
    status: {
      replicas: object.status?.replicas ?? 0,
      selector: matcherOfSelector(selectorOf(object)).toString(),
    },
  };
}

function selectorOf(object: Scalable): LabelSelector | undefined {
  const selector = object.spec?.selector;
  if (object.kind !== 'ReplicationController') return selector;
  return { matchLabels: (selector ?? {}) as Record<string, string> };
}
