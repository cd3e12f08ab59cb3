// Secrets: stringData becomes data on the way in, the type says which keys must be there and never changes.
import type { FieldError } from '../../definition.ts';
import { addFindings, forbidden, invalid, required, tooLong } from '../../field-error.ts';
import { equalJson } from '../../json.ts';
import type { KubeObject } from '../../object.ts';
import type { Secret } from '../../types.ts';
import { configKeyProblems } from '../../validation/names.ts';
import { AGE_COLUMN, column, defineResource, NAME_COLUMN } from '../define.ts';
import { DATA_LIMIT_BYTES } from './configmaps.ts';

export const SECRETS = defineResource({
  group: '',
  version: 'v1',
  plural: 'secrets',
  kind: 'Secret',
  namespaced: true,
  columns: [
    NAME_COLUMN,
    column<Secret>('Type', ({ type }) => type ?? ''),
    column<Secret>('Data', ({ data }) => Object.keys(data ?? {}).length, { type: 'integer' }),
    AGE_COLUMN,
  ],
  strategy: {
    applyDefaults,
    validate: (object) => validateSecret(object as Secret),
    validateUpdate: (object, old) => validateSecretUpdate(object as Secret, old as Secret),
    selectableFields: (object) => ({ type: (object as Secret).type ?? '' }),
    selectableFieldNames: ['type'],
  },
});

function applyDefaults(object: KubeObject): void {
  const secret = object as Secret;
  secret.type ||= 'Opaque';
  if (secret.stringData === undefined) return;
  const data: Record<string, string> = { ...secret.data };
  for (const [key, value] of Object.entries(secret.stringData))
    data[key] = Buffer.from(value, 'utf8').toString('base64');
  if (Object.keys(data).length > 0) secret.data = data;
  delete secret.stringData;
}

const REQUIRED_KEYS: Readonly<Record<string, readonly string[]>> = {
  'kubernetes.io/dockercfg': ['.dockercfg'],
  'kubernetes.io/dockerconfigjson': ['.dockerconfigjson'],
  'kubernetes.io/ssh-auth': ['ssh-privatekey'],
  'kubernetes.io/tls': ['tls.crt', 'tls.key'],
};
const SERVICE_ACCOUNT_NAME = 'kubernetes.io/service-account.name';

function validateSecret({ type = '', data = {}, metadata }: Secret): FieldError[] {
  const errors: FieldError[] = [];
  let size = 0;
  for (const [key, value] of Object.entries(data)) {
    addFindings(
      errors,
      configKeyProblems(key).map((problem) => invalid(`data[${key}]`, key, problem)),
    );
    size += Math.floor((value.length * 3) / 4);
  }
  if (size > DATA_LIMIT_BYTES) errors.push(tooLong('data', DATA_LIMIT_BYTES));
  const needed = Object.hasOwn(REQUIRED_KEYS, type) ? (REQUIRED_KEYS[type] ?? []) : [];
  for (const key of needed) if (!Object.hasOwn(data, key)) errors.push(required(`data[${key}]`));
  if (type === 'kubernetes.io/basic-auth' && !Object.hasOwn(data, 'username') && !Object.hasOwn(data, 'password')) {
    errors.push(required('data[username]'), required('data[password]'));
  }
  if (type === 'kubernetes.io/service-account-token' && !metadata?.annotations?.[SERVICE_ACCOUNT_NAME]) {
    errors.push(required(`metadata.annotations[${SERVICE_ACCOUNT_NAME}]`));
  }
  return errors;
}

function validateSecretUpdate(object: Secret, old: Secret): FieldError[] {
  const errors: FieldError[] = [];
  if (object.type !== old.type) errors.push(invalid('type', object.type, 'field is immutable'));
  if (old.immutable !== true) return errors;
  if (object.immutable !== true) errors.push(forbidden('immutable', 'field is immutable when `immutable` is set'));
  if (!equalJson(object.data ?? {}, old.data ?? {})) {
    errors.push(forbidden('data', 'field is immutable when `immutable` is set'));
  }
  return errors;
}
