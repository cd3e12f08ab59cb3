// Controller revisions: what a stateful or daemon set's template once was. Their data is any object, and never changes.
import type { FieldError } from '../../definition.ts';
import { required } from '../../field-error.ts';
import type { ControllerRevision } from '../../types.ts';
import { notNegative } from '../../validation/numbers.ts';
import { validateImmutable } from '../../validation/template.ts';
import { AGE_COLUMN, column, defineResource, NAME_COLUMN } from '../define.ts';

export const CONTROLLER_REVISIONS = defineResource({
  group: 'apps',
  version: 'v1',
  plural: 'controllerrevisions',
  kind: 'ControllerRevision',
  namespaced: true,
  columns: [
    NAME_COLUMN,
    column<ControllerRevision>('Controller', controllerText),
    column<ControllerRevision>('Revision', ({ revision }) => revision ?? 0, { type: 'integer' }),
    AGE_COLUMN,
  ],
  strategy: {
    applyDefaults(object) {
      (object as ControllerRevision).revision ??= 0;
    },
    validate: (object) => validateRevision(object as ControllerRevision),
    validateUpdate: (object, old) =>
      validateImmutable((object as ControllerRevision).data, (old as ControllerRevision).data, 'data'),
  },
});

/** `statefulset.apps/web` */
function controllerText({ metadata }: ControllerRevision): string {
  const owner = metadata?.ownerReferences?.find(({ controller }) => controller === true);
  if (owner === undefined) return '<none>';
  const [group, version] = owner.apiVersion.split('/');
  const kind = version === undefined ? owner.kind : `${owner.kind}.${group}`;
  return `${kind.toLowerCase()}/${owner.name}`;
}

function validateRevision({ data, revision }: ControllerRevision): FieldError[] {
  const errors = data === undefined || data === null ? [required('data', 'data is mandatory')] : [];
  return [...errors, ...notNegative(revision, 'revision')];
}
