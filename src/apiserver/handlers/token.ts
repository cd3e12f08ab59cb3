// TokenRequest: a signed token for a service account, bound to the pod (or secret, or node) that it is for.
import {
  conflictError,
  type FieldError,
  invalid,
  invalidError,
  type KubeObject,
  notFoundError,
  type Pod,
  reconcileNames,
  type SubresourceDefinition,
  type TokenRequest,
} from '../../api/index.ts';
import { rfc3339 } from '../../lib/index.ts';
import { type Snapshot, storeKey } from '../../store/index.ts';
import type { BoundObject } from '../authn/service-account-tokens.ts';
import { TOKEN_DEFAULT_SECONDS, TOKEN_MAX_SECONDS, TOKEN_MIN_SECONDS } from '../limits.ts';
import { fromStored } from '../storage/codec.ts';
import { decodeRequest } from './decode.ts';
import { fieldWriteOf, trackOther } from './field-manager.ts';
import { readObject } from './get.ts';
import { type Answer, type Operation, objectAnswer } from './operation.ts';
import { parseWriteOptions } from './options.ts';

type TokenSpec = NonNullable<TokenRequest['spec']>;
type Reference = NonNullable<TokenSpec['boundObjectRef']>;

const REFERABLE: Readonly<Record<string, { readonly kind: BoundObject['kind']; readonly plural: string }>> = {
  Pod: { kind: 'Pod', plural: 'pods' },
  Secret: { kind: 'Secret', plural: 'secrets' },
  Node: { kind: 'Node', plural: 'nodes' },
};

export async function handleToken(operation: Operation, subresource: SubresourceDefinition): Promise<Answer> {
  const { definition, info, server } = operation;
  const { fieldValidation } = parseWriteOptions(operation.query, 'CreateOptions');
  const { group, version, kind } = subresource;
  const schema = 'io.k8s.api.authentication.v1.TokenRequest';
  const request = (await decodeRequest(operation, { group, version, kind, schema }, fieldValidation)) as TokenRequest;
  request.metadata ??= {};
  request.metadata.name ||= info.name;
  reconcileNames(definition, request, info.namespace, info.name);
  const seconds = checkedSeconds(request);
  trackOther({ group, version, schema }, undefined, request, fieldWriteOf(operation));
  const { managedFields } = request.metadata;

  const { snapshot, object } = await readObject({ ...operation, query: new URLSearchParams() });
  const account = fromStored(object);
  const spec: TokenSpec = request.spec ?? {};
  const { bound, node } = boundObject(operation, spec.boundObjectRef, snapshot);
  const audiences =
    spec.audiences === undefined || spec.audiences.length === 0 ? [server.tokens.audience] : spec.audiences;
  const subject = { namespace: info.namespace, name: info.name, uid: account.metadata?.uid ?? '', bound, node };
  const token = operation.dryRun ? '' : await server.tokens.sign(subject, audiences, seconds);
  const nowMs = server.options.clock.now();
  const answer: TokenRequest = {
    kind: 'TokenRequest',
    apiVersion: 'authentication.k8s.io/v1',
    metadata: {
      name: info.name,
      namespace: info.namespace,
      creationTimestamp: rfc3339(nowMs),
      ...(managedFields === undefined ? {} : { managedFields }),
    },
    spec: { ...spec, audiences, expirationSeconds: seconds },
    status: { token, expirationTimestamp: rfc3339(nowMs + seconds * 1000) },
  };
  return objectAnswer(201, answer);
}

function checkedSeconds(request: TokenRequest): number {
  const seconds = request.spec?.expirationSeconds ?? TOKEN_DEFAULT_SECONDS;
  const errors: FieldError[] = [];
  const field = 'spec.expirationSeconds';
  if (seconds < TOKEN_MIN_SECONDS)
    errors.push(invalid(field, seconds, 'may not specify a duration less than 10 minutes'));
  if (seconds > TOKEN_MAX_SECONDS)
    errors.push(invalid(field, seconds, 'may not specify a duration larger than 2^32 seconds'));
  const kind = { group: 'authentication.k8s.io', kind: 'TokenRequest' };
  if (errors.length > 0) throw invalidError(kind, request.metadata?.name ?? '', errors);
  return seconds;
}

function boundObject(
  operation: Operation,
  reference: Reference | undefined,
  snapshot: Snapshot,
): { bound: BoundObject | undefined; node: { name: string; uid: string } | undefined } {
  if (reference === undefined) return { bound: undefined, node: undefined };
  const { info } = operation;
  const name = reference.name ?? '';
  const known = REFERABLE[reference.kind ?? ''];
  if (known === undefined || name === '' || name.includes('/')) {
    const detail = 'cannot bind token to object of this kind; must be a Pod, Secret or Node with a name';
    throw invalidError({ group: 'authentication.k8s.io', kind: 'TokenRequest' }, info.name, [
      invalid('spec.boundObjectRef', reference, detail),
    ]);
  }
  const resource = { group: '', plural: known.plural };
  const stored = snapshot.get(storeKey(known.plural, known.kind === 'Node' ? '' : info.namespace, name));
  if (stored === undefined) throw notFoundError(resource, name);
  const object: KubeObject = fromStored(stored);
  const uid = object.metadata?.uid ?? '';
  if (reference.uid !== undefined && reference.uid !== '' && reference.uid !== uid)
    throw conflictError(
      resource,
      name,
      `the UID in the bound object reference (${reference.uid}) does not match the UID in record. The object might have been deleted and then recreated`,
    );
  return { bound: { kind: known.kind, name, uid }, node: known.kind === 'Pod' ? nodeOf(object, snapshot) : undefined };
}

/** The node a pod runs on, which its tokens name. */
function nodeOf(pod: Pod, snapshot: Snapshot): { name: string; uid: string } | undefined {
  const name = pod.spec?.nodeName ?? '';
  if (name === '') return undefined;
  const node = snapshot.get(storeKey('nodes', '', name));
  return node === undefined ? undefined : { name, uid: fromStored(node).metadata?.uid ?? '' };
}
