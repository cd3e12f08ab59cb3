// Server-side apply (PATCH with application/apply-patch+yaml): the configuration is applied to the current version, or creates
// the object, and goes through the steps of an update or a create from there. When the object has moved meanwhile, it is
// applied anew, unless it names the resourceVersion that it is for.
import { randomUUID } from 'node:crypto';
import {
  APPLY_MEDIA_TYPE,
  ApiError,
  admitDecoded,
  apiSchema,
  applyConfiguration,
  asJson,
  type BodyKind,
  badRequestError,
  conflictError,
  decodeBody,
  forbiddenError,
  groupVersion,
  isJsonObject,
  type KubeObject,
  notFoundError,
  reconcileNames,
  repeatedKeys,
} from '../../api/index.ts';
import type { Snapshot } from '../../store/index.ts';
import { authorize } from '../authz/authorize.ts';
import { isTrue } from '../request-info/parse.ts';
import type { Step } from '../storage/transact.ts';
import { commitOperation } from './commit-operation.ts';
import { bodyKind, decideCreate } from './create.ts';
import { fieldWriteOf } from './field-manager.ts';
import type { Answer, Operation } from './operation.ts';
import { parsePatchOptions } from './options.ts';
import { findExisting, type UpdatePart, updateStep } from './update.ts';

/** What somebody wants of an object: the fields that it has an opinion on. */
export interface Configuration {
  readonly object: KubeObject;
  readonly force: boolean;
  /** Called when it could be applied: keys that the body has twice are told of, or refused, only then. */
  readonly tellDuplicates: () => void;
}

export async function handleApply(operation: Operation, part: UpdatePart): Promise<Answer> {
  const { definition, info } = operation;
  const configuration = await readConfiguration(operation, bodyKind(definition));
  const uid = randomUUID();
  return commitOperation(operation, (snapshot) => {
    const old = findExisting(operation, snapshot);
    if (old !== undefined) {
      const object = applied(operation, configuration, old.object);
      return updateStep(operation, object, old, part, snapshot);
    }
    if (part !== 'object') throw notFoundError(definition, info.name);
    return createStep(operation, configuration, uid, snapshot);
  });
}

/** Whoever may apply may not for that reason create. */
function createStep(operation: Operation, configuration: Configuration, uid: string, snapshot: Snapshot): Step<Answer> {
  const { definition, info, user } = operation;
  const decision = authorize(user, { ...info, verb: 'create' });
  if (decision.kind === 'denied') throw forbiddenError(definition, info.name, decision.reason);
  const asked = configuration.object.metadata?.uid ?? '';
  if (asked !== '') {
    const why = `uid mismatch: the provided object specified uid ${asked}, and no existing object was found`;
    throw conflictError(definition, info.name, why);
  }
  return decideCreate(operation, { decoded: applied(operation, configuration, undefined), uid, status: 201 }, snapshot);
}

/** `live` with the configuration, complete and of the right kind; `live` is not changed. Throws ApiError 400, 409, 422. */
export function applied(operation: Operation, configuration: Configuration, live: KubeObject | undefined): KubeObject {
  const { definition, info } = operation;
  const { object: wanted, force } = configuration;
  const merged = applyConfiguration(apiSchema(), definition.schema, live, wanted, fieldWriteOf(operation), force);
  configuration.tellDuplicates();
  const value = asJson(merged);
  const { object } = admitDecoded(apiSchema(), bodyKind(definition), { value }, 'Ignore');
  const metadata = { ...object.metadata };
  object.metadata = metadata;
  // What the configuration names is a precondition, whatever applying made of it.
  const { resourceVersion = '', uid = '', name = '' } = wanted.metadata ?? {};
  if (resourceVersion !== '') metadata.resourceVersion = resourceVersion;
  if (uid !== '') metadata.uid = uid;
  if (live === undefined && name === '')
    throw badRequestError(
      `the name of the object (${info.name} based on URL) was undeterminable: name must be provided`,
    );
  reconcileNames(definition, object, info.namespace, info.name);
  return object;
}

/** The body as a configuration of `kind`. Throws ApiError 400, 413 and 422. */
export async function readConfiguration(operation: Operation, kind: BodyKind): Promise<Configuration> {
  const { query } = operation;
  const { fieldValidation } = parsePatchOptions(query, true);
  const bytes = await operation.body();
  const { value, duplicateFields } = decodeConfiguration(bytes);
  if (value !== null && !isJsonObject(value))
    throw badRequestError(
      'error decoding YAML: error unmarshaling JSON: while decoding JSON: json: cannot unmarshal into Go value of type map[string]interface {}',
    );
  const object = (value ?? {}) as KubeObject;
  refuseOtherKind(object, kind);
  return {
    object,
    force: isTrue(query.get('force')),
    tellDuplicates() {
      if (duplicateFields.length === 0 || fieldValidation === 'Ignore') return;
      const problems = repeatedKeys(Buffer.from(bytes).toString('utf8'));
      const problem = `error converting YAML to JSON: yaml: unmarshal errors:\n  ${problems.join('\n  ')}`;
      if (fieldValidation === 'Strict') throw badRequestError(`error strict decoding YAML: ${problem}`);
      operation.warnings.add(problem);
    },
  };
}

function decodeConfiguration(bytes: Uint8Array): ReturnType<typeof decodeBody> {
  try {
    return decodeBody(bytes, APPLY_MEDIA_TYPE);
  } catch (error) {
    if (!(error instanceof ApiError) || error.status.code !== 400) throw error;
    throw badRequestError(`error decoding YAML: ${error.message}`);
  }
}

function refuseOtherKind({ apiVersion = '', kind = '' }: KubeObject, expected: BodyKind): void {
  if (apiVersion === groupVersion(expected.group, expected.version) && kind === expected.kind) return;
  const group = apiVersion.includes('/') ? apiVersion : `/${apiVersion}`;
  throw badRequestError(`invalid object type: ${group}, Kind=${kind}`);
}
