// Which handler serves a subresource. What a definition does not list is not there; what it lists but nobody serves yet
// says so.
import { ApiError, methodNotAllowedError, type SubresourceDefinition, unknownPathError } from '../../api/index.ts';
import type { AppContext } from '../http/env.ts';
import { handleApproval } from './approval.ts';
import { handleBinding } from './binding.ts';
import { handleEviction } from './eviction.ts';
import { handleFinalize } from './finalize.ts';
import { handleGet } from './get.ts';
import { handleLog } from './log.ts';
import type { Answer, Operation } from './operation.ts';
import { handlePatch } from './patch.ts';
import { handleScale } from './scale.ts';
import { handleToken } from './token.ts';
import { handleUpdate, type UpdatePart } from './update.ts';

/** What users of Kubernetes look for, by resource. Discovery does not list it; who asks is told, instead of a bare 404. */
const NOT_SERVED: Readonly<Record<string, readonly string[]>> = {
  pods: ['attach', 'exec', 'portforward', 'proxy'],
  services: ['proxy'],
  nodes: ['proxy'],
};

export function handleSubresource(operation: Operation, c: AppContext): Promise<Answer> {
  const { definition, info } = operation;
  const subresource = definition.subresources.find(({ name }) => name === info.subresource);
  if (subresource === undefined && NOT_SERVED[definition.plural]?.includes(info.subresource) === true)
    throw notServed({ name: info.subresource });
  if (subresource === undefined || info.name === '') throw unknownPathError();
  if (info.verb === 'unknown' || !subresource.verbs.some((verb) => verb === info.verb)) throw methodNotAllowedError();
  const part = definition.strategy.parts?.[info.subresource];
  if (part !== undefined) return handlePart(operation, part);
  switch (info.subresource) {
    case 'status':
      return handlePart(operation, 'status');
    case 'approval':
      return handleApproval(operation);
    case 'scale':
      return handleScale(operation, subresource);
    case 'binding':
      return handleBinding(operation);
    case 'eviction':
      return handleEviction(operation, subresource);
    case 'token':
      return handleToken(operation, subresource);
    case 'finalize':
      return handleFinalize(operation);
    case 'log':
      return handleLog(operation, c);
    default:
      throw notServed(subresource);
  }
}

/** Subresources that speak the object's own kind. */
function handlePart(operation: Operation, part: UpdatePart): Promise<Answer> {
  switch (operation.info.verb) {
    case 'get':
      return handleGet(operation);
    case 'update':
      return handleUpdate(operation, part);
    case 'patch':
      return handlePatch(operation, part);
    default:
      throw unknownPathError();
  }
}

function notServed({ name }: Pick<SubresourceDefinition, 'name'>): ApiError {
  return new ApiError(501, 'NotImplemented', `${name} is not supported by this version of quorate`);
}
