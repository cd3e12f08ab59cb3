// The finalize subresource of namespaces: replaces spec.finalizers, and deletes the namespace when none is left and it
// was to be deleted.
import { cloneJson, type Namespace, reconcileNames } from '../../api/index.ts';
import { changeStep } from './commit-object.ts';
import { commitOperation } from './commit-operation.ts';
import { bodyKind } from './create.ts';
import { decodeRequest } from './decode.ts';
import { trackWrite } from './field-manager.ts';
import type { Answer, Operation } from './operation.ts';
import { parseWriteOptions } from './options.ts';
import { checkRevision, commitUpdate, hasSpecFinalizers, requireExisting } from './update.ts';

export async function handleFinalize(operation: Operation): Promise<Answer> {
  const { definition, info, dryRun } = operation;
  const { fieldValidation } = parseWriteOptions(operation.query, 'UpdateOptions');
  const decoded = await decodeRequest(operation, bodyKind(definition), fieldValidation);
  reconcileNames(definition, decoded, info.namespace, info.name);
  const wanted = (decoded as Namespace).spec?.finalizers ?? [];
  return commitOperation(operation, (snapshot) => {
    const old = requireExisting(operation, snapshot);
    checkRevision(operation, decoded, old);
    const namespace = cloneJson(old.object) as Namespace;
    namespace.spec = { ...namespace.spec, finalizers: wanted };
    if (wanted.length === 0) delete namespace.spec.finalizers;
    trackWrite(operation, old.object, namespace);
    const { deletionTimestamp, finalizers = [] } = namespace.metadata ?? {};
    if (deletionTimestamp === undefined || hasSpecFinalizers(namespace) || finalizers.length > 0)
      return commitUpdate(operation, namespace, old, snapshot);
    return changeStep({ definition, key: old.stored.key, snapshot, dryRun, object: undefined, old }, 200);
  });
}
