// The approval subresource of certificate signing requests: an update like that of status, under rules of its own.
import { type ResourceDefinition, unknownPathError } from '../../api/index.ts';
import { oncePer } from '../../lib/index.ts';
import { handleGet } from './get.ts';
import type { Answer, Operation } from './operation.ts';
import { handlePatch } from './patch.ts';
import { handleUpdate } from './update.ts';

export function handleApproval(operation: Operation): Promise<Answer> {
  switch (operation.info.verb) {
    case 'get':
      return handleGet(operation);
    case 'update':
      return handleUpdate(approving(operation), 'status');
    case 'patch':
      return handlePatch(approving(operation), 'status');
    default:
      throw unknownPathError();
  }
}

function approving(operation: Operation): Operation {
  return { ...operation, definition: approvalOf(operation.definition) };
}

/** The resource with the rules of approval where those of status stand. */
const approvalOf = oncePer(
  (definition: ResourceDefinition): ResourceDefinition => ({
    ...definition,
    strategy: { ...definition.strategy, ...definition.strategy.approval },
  }),
);
