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
  decodesNoObject,
  forbiddenError,
  groupVersion,
  isJsonObject,
  type KubeObject,
  nameAndKindOf,
  notFoundError,
  parseGroupVersion,
  reconcileNames,
  repeatedKeys,
  type SchemaError,
  versionAndKindOf,
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
  const { object } = admitDecoded(
    apiSchema(),
    bodyKind(definition),
    { value: asJson(merged) },
    'Ignore',
    unconvertible(wanted),
  );
  const metadata = { ...object.metadata };
  object.metadata = metadata;
  // What the configuration names is a precondition, whatever applying made of it.
  const { resourceVersion, uid } = wanted.metadata ?? {};
  if (resourceVersion) metadata.resourceVersion = resourceVersion;
  if (uid) metadata.uid = uid;
  reconcileNames(definition, object, info.namespace, info.name);
  return object;
}

/**
 * Words the failure of a value that only its own type tells to be none: a number with a fraction, a quantity that cannot be
 * read. There it is found when the object is converted, and answered with 500.
 */
export function unconvertible(configuration: KubeObject): (error: SchemaError) => ApiError {
  const { apiVersion = '', kind = '' } = configuration;
  return ({ inTree }) =>
    new ApiError(
      500,
      '',
      `failed to convert new object (${nameAndKindOf(configuration)}) to proper version: unable to convert unstructured object to ${versionAndKindOf(apiVersion, kind)}: ${inTree}`,
    );
}

/** The body as a configuration of `kind`. Throws ApiError 400, 413 and 422. */
export async function readConfiguration(operation: Operation, kind: BodyKind): Promise<Configuration> {
  const { query } = operation;
  const { fieldValidation } = parsePatchOptions(query, true);
  const bytes = await operation.body();
  const { value, duplicateFields } = decodeConfiguration(bytes);
  if (value !== null && !isJsonObject(value))
    throw badRequestError(
      `error decoding YAML: error unmarshaling JSON: while decoding JSON: ${decodesNoObject(value)}`,
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

/** What is no text says nothing, and a version that cannot be read leaves nothing of the kind either. */
function refuseOtherKind({ apiVersion, kind }: KubeObject, expected: BodyKind): void {
  if (apiVersion === groupVersion(expected.group, expected.version) && kind === expected.kind) return;
  const version = typeof apiVersion === 'string' ? apiVersion : '';
  const isReadable = parseGroupVersion(version) !== undefined;
  const found = versionAndKindOf(version, isReadable && typeof kind === 'string' ? kind : '');
  throw badRequestError(`invalid object type: ${found}`);
}
