// The operations of each resource as both OpenAPI versions list them: paths, methods, parameters and the kind they are
// about. kubectl reads from them which query parameters a server understands.
import { BODY_MEDIA_TYPES } from '../decode.ts';
import type { ResourceDefinition, SubresourceDefinition, Verb } from '../definition.ts';
import { ACCEPTED_PATCH_MEDIA_TYPES } from '../patch/media-types.ts';
import { groupVersion } from '../registry.ts';
import { typeNameOf } from '../schema/type-names.ts';
import { PATCH_TYPE } from './schemas.ts';

export type Method = 'delete' | 'get' | 'patch' | 'post' | 'put';

export interface ParameterSpec {
  readonly name: string;
  readonly in: 'path' | 'query';
  readonly type: 'boolean' | 'integer' | 'string';
  readonly description: string;
}

export interface OperationSpec {
  readonly path: string;
  readonly method: Method;
  readonly action: string;
  readonly id: string;
  readonly kind: { readonly group: string; readonly version: string; readonly kind: string };
  readonly parameters: readonly ParameterSpec[];
  /** Public type names. */
  readonly body: string | undefined;
  readonly response: string;
  readonly consumes: readonly string[];
}

const query = (name: string, type: ParameterSpec['type'], description: string): ParameterSpec => ({
  name,
  in: 'query',
  type,
  description,
});
const pathParameter = (name: string, description: string): ParameterSpec => ({
  name,
  in: 'path',
  type: 'string',
  description,
});

const PRETTY = query('pretty', 'string', 'If true, the answer is indented.');
const WRITE_PARAMETERS: readonly ParameterSpec[] = [
  query('dryRun', 'string', 'All: everything is done but storing.'),
  query('fieldManager', 'string', 'The name that stands for the author of the change.'),
  query('fieldValidation', 'string', 'What to do about unknown and duplicate fields: Ignore, Warn or Strict.'),
];
const LIST_PARAMETERS: readonly ParameterSpec[] = [
  query('allowWatchBookmarks', 'boolean', 'Asks for BOOKMARK events in a watch.'),
  query('continue', 'string', 'The token that the last part of the list ended with.'),
  query('fieldSelector', 'string', 'Restricts the list by fields.'),
  query('labelSelector', 'string', 'Restricts the list by labels.'),
  query('limit', 'integer', 'The largest number of objects in one answer.'),
  query('resourceVersion', 'string', 'The version that the answer must show, or the watch begins at.'),
  query('resourceVersionMatch', 'string', 'How resourceVersion is meant: Exact or NotOlderThan.'),
  query('sendInitialEvents', 'boolean', 'Begins a watch with the present state.'),
  query('timeoutSeconds', 'integer', 'Ends the request after this time.'),
  query('watch', 'boolean', 'Answers with a stream of changes.'),
];
const DELETE_PARAMETERS: readonly ParameterSpec[] = [
  query('dryRun', 'string', 'All: everything is done but storing.'),
  query('gracePeriodSeconds', 'integer', 'Seconds until the object is gone.'),
  query('propagationPolicy', 'string', 'What becomes of dependents: Orphan, Background or Foreground.'),
];

const META = 'io.k8s.apimachinery.pkg.apis.meta.v1';
const STATUS = `${META}.Status`;
const DELETE_OPTIONS = `${META}.DeleteOptions`;

/** Every operation of a resource and its subresources. */
export function operationsOf(definition: ResourceDefinition): OperationSpec[] {
  const { group, version, plural, namespaced, verbs, kind } = definition;
  const root = `/${group === '' ? 'api' : 'apis'}/${groupVersion(group, version)}`;
  const collection = namespaced ? `${root}/namespaces/{namespace}/${plural}` : `${root}/${plural}`;
  const operations: OperationSpec[] = [];
  for (const verb of verbs) {
    const spec = VERBS[verb];
    if (spec !== undefined) operations.push(mainOperation(definition, verb, spec, collection));
  }
  if (namespaced && verbs.includes('list')) {
    const list = VERBS.list;
    if (list !== undefined) {
      const everywhere = mainOperation(definition, 'list', list, collection);
      operations.push({
        ...everywhere,
        path: `${root}/${plural}`,
        id: `${everywhere.id}ForAllNamespaces`,
        parameters: everywhere.parameters.filter((parameter) => parameter.name !== 'namespace'),
      });
    }
  }
  for (const sub of definition.subresources) {
    for (const verb of sub.verbs) {
      const spec = VERBS[verb];
      if (spec !== undefined)
        operations.push(subresourceOperation(definition, sub, verb, spec, `${collection}/{name}/${sub.name}`));
    }
  }
  return operations.map((operation) => ({ ...operation, id: `${operation.id}${idSuffix(group, version)}${kind}` }));
}

function idSuffix(group: string, version: string): string {
  const name = group === '' ? 'core' : (group.split('.')[0] ?? '');
  return name.charAt(0).toUpperCase() + name.slice(1) + version.charAt(0).toUpperCase() + version.slice(1);
}

interface VerbSpec {
  readonly method: Method;
  readonly action: string;
  readonly item: boolean;
  readonly parameters: readonly ParameterSpec[];
}

/** Watching is a parameter of list. */
const VERBS: Readonly<Record<Verb, VerbSpec | undefined>> = {
  create: { method: 'post', action: 'post', item: false, parameters: WRITE_PARAMETERS },
  delete: { method: 'delete', action: 'delete', item: true, parameters: DELETE_PARAMETERS },
  deletecollection: {
    method: 'delete',
    action: 'deletecollection',
    item: false,
    parameters: [
      ...DELETE_PARAMETERS,
      ...LIST_PARAMETERS.filter(({ name }) => name !== 'watch' && name !== 'allowWatchBookmarks'),
    ],
  },
  get: { method: 'get', action: 'get', item: true, parameters: [] },
  list: { method: 'get', action: 'list', item: false, parameters: LIST_PARAMETERS },
  patch: {
    method: 'patch',
    action: 'patch',
    item: true,
    parameters: [...WRITE_PARAMETERS, query('force', 'boolean', 'Takes over fields that others own.')],
  },
  update: { method: 'put', action: 'put', item: true, parameters: WRITE_PARAMETERS },
  watch: undefined,
};

function mainOperation(definition: ResourceDefinition, verb: Verb, spec: VerbSpec, collection: string): OperationSpec {
  const { group, version, kind, schema, listKind, namespaced } = definition;
  const deletes = spec.method === 'delete';
  return {
    path: spec.item ? `${collection}/{name}` : collection,
    method: spec.method,
    action: spec.action,
    id: verb,
    kind: { group, version, kind },
    parameters: [...pathParameters(namespaced, spec.item), PRETTY, ...spec.parameters],
    body: spec.method === 'get' ? undefined : deletes ? DELETE_OPTIONS : verb === 'patch' ? PATCH_TYPE : schema,
    response: deletes ? STATUS : verb === 'list' ? typeNameOf(group, version, listKind) : schema,
    consumes: consumedBy(verb),
  };
}

function subresourceOperation(
  definition: ResourceDefinition,
  sub: SubresourceDefinition,
  verb: Verb,
  spec: VerbSpec,
  path: string,
): OperationSpec {
  const type = typeNameOf(sub.group, sub.version, sub.kind);
  return {
    path,
    method: spec.method,
    action: spec.action,
    id: `${verb}${sub.name}`,
    kind: { group: sub.group, version: sub.version, kind: sub.kind },
    parameters: [...pathParameters(definition.namespaced, true), PRETTY, ...spec.parameters],
    body: spec.method === 'get' ? undefined : verb === 'patch' ? PATCH_TYPE : type,
    response: type,
    consumes: consumedBy(verb),
  };
}

function consumedBy(verb: Verb): readonly string[] {
  return verb === 'patch' ? ACCEPTED_PATCH_MEDIA_TYPES : BODY_MEDIA_TYPES;
}

function pathParameters(namespaced: boolean, item: boolean): ParameterSpec[] {
  return [
    ...(item ? [pathParameter('name', 'The name of the object.')] : []),
    ...(namespaced ? [pathParameter('namespace', 'The namespace of the object.')] : []),
  ];
}
