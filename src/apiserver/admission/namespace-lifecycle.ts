// NamespaceLifecycle: nothing is created in a namespace that is not there or is being deleted. The namespace's revision
// becomes a condition of the commit, so that no create slips in between its termination and the emptying of it.
import {
  ApiError,
  type KubeObject,
  type Namespace,
  notFoundError,
  qualifiedResource,
  type ResourceDefinition,
} from '../../api/index.ts';
import type { Condition, Snapshot } from '../../store/index.ts';
import { fromStored } from '../storage/codec.ts';
import { namespaceKey } from '../storage/keys.ts';
import type { AdmissionPlugin } from './plugin.ts';

/** These cannot be deleted: the cluster itself lives in them. */
export const IMMORTAL_NAMESPACES: ReadonlySet<string> = new Set(['default', 'kube-system', 'kube-public']);

export const NAMESPACE_LIFECYCLE: AdmissionPlugin = {
  of: 'namespaced',
  on: ['create'],
  admit({ operation, object, snapshot }, { conditions }) {
    conditions.push(requireNamespace(operation.definition, object, snapshot));
  },
};

/** Throws ApiError 404 without the namespace, 403 while it is terminating. */
function requireNamespace(definition: ResourceDefinition, object: KubeObject, snapshot: Snapshot): Condition {
  const namespace = object.metadata?.namespace ?? '';
  const key = namespaceKey(namespace === '' ? 'default' : namespace);
  const stored = snapshot.get(key);
  if (stored === undefined) throw notFoundError({ group: '', plural: 'namespaces' }, namespace);
  // Read from the envelope: an active namespace is not parsed.
  const phase = stored.envelope.fields['status.phase'];
  const terminating = phase === undefined ? isTerminating(fromStored<Namespace>(stored)) : phase === 'Terminating';
  if (terminating) throw terminatingError(definition, object.metadata?.name ?? '', namespace);
  return { kind: 'revision', key, revision: stored.revision };
}

function isTerminating(namespace: Namespace): boolean {
  return namespace.metadata?.deletionTimestamp !== undefined;
}

function terminatingError(definition: ResourceDefinition, name: string, namespace: string): ApiError {
  const detail = `unable to create new content in namespace ${namespace} because it is being terminated`;
  const subject = name === '' ? qualifiedResource(definition) : `${qualifiedResource(definition)} "${name}"`;
  return new ApiError(403, 'Forbidden', `${subject} is forbidden: ${detail}`, {
    name,
    kind: definition.plural,
    causes: [
      {
        reason: 'NamespaceTerminating',
        message: `namespace ${namespace} is being terminated`,
        field: 'metadata.namespace',
      },
    ],
  });
}
