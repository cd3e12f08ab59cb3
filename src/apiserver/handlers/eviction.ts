// Eviction: a deletion of the pod that others may object to. Disruption budgets will be asked here.
import { type DeleteOptions, type KubeObject, reconcileNames, type SubresourceDefinition } from '../../api/index.ts';
import { decodeRequest } from './decode.ts';
import { deleteObject } from './delete.ts';
import { type Answer, type Operation, objectAnswer } from './operation.ts';
import { parseWriteOptions } from './options.ts';

interface Eviction extends KubeObject {
  deleteOptions?: DeleteOptions;
}

export async function handleEviction(operation: Operation, subresource: SubresourceDefinition): Promise<Answer> {
  const { definition, info } = operation;
  const { fieldValidation } = parseWriteOptions(operation.query, 'CreateOptions');
  const { group, version, kind } = subresource;
  const schema = 'io.k8s.api.policy.v1.Eviction';
  const eviction = (await decodeRequest(operation, { group, version, kind, schema }, fieldValidation)) as Eviction;
  eviction.metadata ??= {};
  eviction.metadata.name ||= info.name;
  reconcileNames(definition, eviction, info.namespace, info.name);
  await deleteObject(operation, eviction.deleteOptions ?? {});
  const success = { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', code: 201 };
  return objectAnswer(201, success);
}
