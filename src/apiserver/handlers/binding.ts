// The binding of a pod to a node: once, on the version of the pod that was looked at, and only to a node that is there.

import {
  type Binding,
  cloneJson,
  conflictError,
  invalidError,
  type KubeObject,
  notFoundError,
  notSupported,
  type Pod,
  reconcileNames,
  required,
} from '../../api/index.ts';
import { rfc3339 } from '../../lib/index.ts';
import { type Condition, storeKey } from '../../store/index.ts';
import type { Step } from '../storage/transact.ts';
import { changeStep } from './commit-object.ts';
import { commitOperation } from './commit-operation.ts';
import { decodeRequest } from './decode.ts';
import { type Answer, type Operation, objectAnswer } from './operation.ts';
import { parseWriteOptions } from './options.ts';
import { requireExisting } from './update.ts';

const NODES = { group: '', plural: 'nodes' };
const BINDING_KIND = { group: '', version: 'v1', kind: 'Binding', schema: 'io.k8s.api.core.v1.Binding' };

export async function handleBinding(operation: Operation): Promise<Answer> {
  const { info, definition } = operation;
  const { fieldValidation } = parseWriteOptions(operation.query, 'CreateOptions');
  const binding = (await decodeRequest(operation, BINDING_KIND, fieldValidation)) as Binding;
  binding.metadata ??= {};
  binding.metadata.name ||= info.name;
  reconcileNames(definition, binding, info.namespace, info.name);
  return bindPod(operation, binding);
}

/** Binds the pod that operation.info names. */
export function bindPod(operation: Operation, binding: Binding): Promise<Answer> {
  const { definition, server } = operation;
  const node = targetOf(binding);
  return commitOperation(operation, (snapshot) => {
    const old = requireExisting(operation, snapshot);
    const pod = cloneJson(old.object) as Pod;
    refuseBound(operation, pod, binding);
    const nodeKey = storeKey('nodes', '', node);
    if (snapshot.get(nodeKey) === undefined) throw notFoundError(NODES, node);
    bind(pod, node, binding, server.options.clock.now());
    const conditions: Condition[] = [{ kind: 'exists', key: nodeKey }];
    const change = {
      definition,
      key: old.stored.key,
      snapshot,
      dryRun: operation.dryRun,
      object: pod,
      old,
      conditions,
    };
    return confirming(changeStep(change, 201));
  });
}

function targetOf({ target, metadata }: Binding): string {
  const kind = { group: '', kind: 'Binding' };
  const name = metadata?.name ?? '';
  if ((target?.kind ?? 'Node') !== 'Node' && target.kind !== '')
    throw invalidError(kind, name, [notSupported('target.kind', target.kind, ['Node', '<empty>'])]);
  const node = target?.name ?? '';
  if (node === '' || node.includes('/')) throw invalidError(kind, name, [required('target.name')]);
  return node;
}

function refuseBound(operation: Operation, pod: Pod, binding: Binding): void {
  const { info } = operation;
  const podName = pod.metadata?.name ?? '';
  const uid = binding.metadata?.uid;
  if (uid !== undefined && uid !== '' && uid !== pod.metadata?.uid) {
    const why = `Precondition failed: UID in precondition: ${uid}, UID in object meta: ${pod.metadata?.uid ?? ''}`;
    throw conflictError({ group: '', plural: 'pods/binding' }, info.name, why);
  }
  const refuse = (why: string): Error => conflictError({ group: '', plural: 'pods/binding' }, info.name, why);
  if (pod.metadata?.deletionTimestamp !== undefined)
    throw refuse(`pod ${podName} is being deleted, cannot be assigned to a host`);
  if ((pod.spec?.nodeName ?? '') !== '')
    throw refuse(`pod ${podName} is already assigned to node "${pod.spec?.nodeName ?? ''}"`);
  if ((pod.spec?.schedulingGates ?? []).length > 0) throw refuse(`pod ${podName} has non-empty .spec.schedulingGates`);
}

function bind(pod: Pod, node: string, binding: Binding, nowMs: number): void {
  if (pod.spec !== undefined) pod.spec.nodeName = node;
  const annotations = binding.metadata?.annotations;
  if (annotations !== undefined && pod.metadata !== undefined)
    pod.metadata.annotations = { ...pod.metadata.annotations, ...annotations };
  const others = (pod.status?.conditions ?? []).filter(({ type }) => type !== 'PodScheduled');
  const condition = { type: 'PodScheduled', status: 'True', lastTransitionTime: rfc3339(nowMs) };
  pod.status = { ...pod.status, conditions: [...others, condition] };
}

const SUCCESS: KubeObject = { kind: 'Status', apiVersion: 'v1', metadata: {}, ...{ status: 'Success', code: 201 } };

/** The same step, answered with a Status. */
export function confirming(step: Step<Answer>): Step<Answer> {
  const success = objectAnswer(201, SUCCESS);
  return step.kind === 'answer' ? { kind: 'answer', value: success } : { ...step, done: () => success };
}
