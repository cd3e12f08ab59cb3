// Resources of which nothing is stored: a POST is answered by computation. Who am I, may I, whose token is this; and the
// old form of bindings, which is the subresource of the pod it names. Component statuses are computed when they are read.
import {
  type Binding,
  type FieldError,
  invalidError,
  type KubeObject,
  type LocalSubjectAccessReview,
  methodNotSupportedError,
  type ResourceDefinition,
  reconcileNames,
  validateLocalAccessReview,
} from '../../api/index.ts';
import { defined, rfc3339 } from '../../lib/index.ts';
import { authorize } from '../authz/authorize.ts';
import type { AppContext } from '../http/env.ts';
import type { UserInfo } from '../options.ts';
import type { RequestInfo, RequestVerb } from '../request-info/parse.ts';
import { bindPod } from './binding.ts';
import { handleComponentStatuses } from './component-statuses.ts';
import { bodyKind } from './create.ts';
import { decodeRequest } from './decode.ts';
import { trackWrite } from './field-manager.ts';
import { type Answer, type Operation, objectAnswer } from './operation.ts';
import { parseWriteOptions } from './options.ts';

export async function handleComputed(operation: Operation, c: AppContext): Promise<Answer> {
  if (operation.definition.kind === 'ComponentStatus') return handleComponentStatuses(operation, c);
  const { definition, info, query } = operation;
  const { fieldValidation } = parseWriteOptions(query, 'CreateOptions');
  const object = await decodeRequest(operation, bodyKind(definition), fieldValidation);
  reconcileNames(definition, object, info.namespace || object.metadata?.namespace || 'default', '');
  switch (definition.kind) {
    case 'Binding':
      return bindNamed(operation, object as Binding);
    case 'SelfSubjectReview':
      return review(operation, object, { userInfo: userInfoOf(operation.user) });
    case 'SelfSubjectAccessReview':
      return review(operation, object, accessOf(operation.user, object as AccessReview));
    case 'LocalSubjectAccessReview':
      refuseInvalid(definition, validateLocalAccessReview(object as LocalSubjectAccessReview));
      return review(operation, object, accessOf(subjectOf(object as AccessReview), object as AccessReview));
    case 'SubjectAccessReview':
      return review(operation, object, accessOf(subjectOf(object as AccessReview), object as AccessReview));
    case 'SelfSubjectRulesReview':
      return review(operation, object, ALL_RULES);
    case 'TokenReview':
      return review(operation, object, await tokenStatus(operation, object as TokenReview));
    default:
      throw methodNotSupportedError(definition, 'create');
  }
}

function refuseInvalid(definition: ResourceDefinition, errors: readonly FieldError[]): void {
  if (errors.length > 0) throw invalidError(definition, '', errors);
}

function review(operation: Operation, object: KubeObject, status: object): Answer {
  trackWrite(operation, undefined, object);
  const creationTimestamp = rfc3339(operation.server.options.clock.now());
  return objectAnswer(201, { ...object, metadata: { ...object.metadata, creationTimestamp }, ...{ status } });
}

/** POST …/bindings: the binding of the pod it has the name of. */
function bindNamed(operation: Operation, binding: Binding): Promise<Answer> {
  const pods = defined(operation.server.options.registry.find('', 'v1', 'pods'), 'the resource pods');
  const { namespace = '', name = '' } = binding.metadata ?? {};
  return bindPod({ ...operation, definition: pods, info: { ...operation.info, namespace, name } }, binding);
}

interface AccessReview extends KubeObject {
  spec?: {
    user?: string;
    uid?: string;
    groups?: string[];
    extra?: Record<string, string[]>;
    resourceAttributes?: {
      namespace?: string;
      verb?: string;
      group?: string;
      version?: string;
      resource?: string;
      subresource?: string;
      name?: string;
    };
    nonResourceAttributes?: { path?: string; verb?: string };
  };
}

function subjectOf({ spec }: AccessReview): UserInfo {
  return { name: spec?.user ?? '', uid: spec?.uid ?? '', groups: spec?.groups ?? [], extra: spec?.extra ?? {} };
}

function accessOf(user: UserInfo, { spec }: AccessReview): object {
  const decision = authorize(user, attributesOf(spec));
  return decision.kind === 'allowed' ? { allowed: true } : { allowed: false, reason: decision.reason };
}

function attributesOf(spec: AccessReview['spec']): RequestInfo {
  const asked = spec?.resourceAttributes;
  if (asked === undefined) {
    const { path = '', verb = '' } = spec?.nonResourceAttributes ?? {};
    return { kind: 'nonResource', verb, path };
  }
  const { namespace = '', verb = '', group = '', version = '', resource = '', subresource = '', name = '' } = asked;
  // The verb is the asker's word; the authorizer compares it, whatever it is.
  const named = verb as RequestVerb;
  return { kind: 'resource', verb: named, path: '', group, version, namespace, resource, subresource, name, rest: [] };
}

const ALL_RULES = {
  resourceRules: [{ verbs: ['*'], apiGroups: ['*'], resources: ['*'] }],
  nonResourceRules: [{ verbs: ['*'], nonResourceURLs: ['*'] }],
  incomplete: false,
};

interface TokenReview extends KubeObject {
  spec?: { token?: string; audiences?: string[] };
}

async function tokenStatus(operation: Operation, { spec }: TokenReview): Promise<object> {
  const { server, signal } = operation;
  const token = spec?.token ?? '';
  if (token === '' || /\s/.test(token)) return { authenticated: false, error: 'no token was given' };
  const user = await server.authenticator.review(token, signal);
  if (user === undefined) return { authenticated: false, error: 'the token is not valid' };
  const { audience } = server.tokens;
  const audiences = spec?.audiences ?? [];
  if (audiences.length > 0 && !audiences.includes(audience))
    return { authenticated: false, error: 'the token is for another audience' };
  return { authenticated: true, user: userInfoOf(user), audiences: [audience] };
}

function userInfoOf({ name, uid, groups, extra }: UserInfo): object {
  return {
    username: name,
    ...(uid === '' ? {} : { uid }),
    groups,
    ...(Object.keys(extra).length === 0 ? {} : { extra }),
  };
}

/** True for definitions that this file serves. */
export function isComputed(definition: ResourceDefinition): boolean {
  return definition.storage === 'none';
}
