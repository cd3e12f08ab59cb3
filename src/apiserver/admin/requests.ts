// What administrators send, checked: each refusal names the field. Pure.
import { ApiError, isJsonObject, type Json, type JsonObject } from '../../api/index.ts';
import type { StoreMemberChange } from '../../store/index.ts';
import { MEMBER_CHANGES_LIMIT, NAME_LIMIT } from '../limits.ts';

/** 422 with the field as its cause; `reason` is for programs. */
export function invalidField(field: string, value: unknown, message: string, reason = 'FieldValueInvalid'): ApiError {
  const shown = value === undefined ? '' : `${JSON.stringify(value)}: `;
  return new ApiError(422, 'Invalid', `${field}: Invalid value: ${shown}${message}`, {
    kind: 'members',
    causes: [{ reason, message, field }],
  });
}

/** `{changes: [{kind: add, member, address, autoPromote?} | {kind: promote | remove, member}]}`. Throws ApiError 422. */
export function readChanges(body: JsonObject): readonly StoreMemberChange[] {
  refuseUnknown(body, '', ['changes']);
  const { changes } = body;
  if (!Array.isArray(changes) || changes.length === 0)
    throw invalidField('changes', changes, 'must be a list of changes');
  if (changes.length > MEMBER_CHANGES_LIMIT)
    throw invalidField('changes', changes.length, `must have at most ${MEMBER_CHANGES_LIMIT} items`);
  return changes.map((change, i) => readChange(change, `changes[${i}]`));
}

function readChange(change: Json, path: string): StoreMemberChange {
  if (!isJsonObject(change)) throw invalidField(path, change, 'must be an object');
  const { kind } = change;
  switch (kind) {
    case 'add': {
      refuseUnknown(change, path, ['kind', 'member', 'address', 'autoPromote']);
      const { autoPromote = true } = change;
      if (typeof autoPromote !== 'boolean')
        throw invalidField(`${path}.autoPromote`, autoPromote, 'must be true or false');
      return { kind, member: readName(change, path), address: readAddress(change, path), autoPromote };
    }
    case 'promote':
    case 'remove':
      refuseUnknown(change, path, ['kind', 'member']);
      return { kind, member: readName(change, path) };
    default:
      throw invalidField(`${path}.kind`, kind, 'must be add, promote or remove');
  }
}

/** `{target?}`. Throws ApiError 422. */
export function readTarget(body: JsonObject): string | undefined {
  refuseUnknown(body, '', ['target']);
  const { target } = body;
  if (target === undefined) return undefined;
  return nameOf(target, 'target');
}

function readName(change: JsonObject, path: string): string {
  return nameOf(change['member'], `${path}.member`);
}

function nameOf(value: Json | undefined, field: string): string {
  const isName =
    typeof value === 'string' && value.length <= NAME_LIMIT && /^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$/.test(value);
  if (!isName) throw invalidField(field, value, 'must be the id of a member, such as server-2');
  return value;
}

/** A host without blanks, or an IPv6 address in brackets; and a port. */
const ADDRESS = /^(?:[^\s:/[\]]+|\[[0-9a-fA-F:.]+\]):(\d{1,5})$/;

function readAddress(change: JsonObject, path: string): string {
  const { address } = change;
  const text = typeof address === 'string' && address.length <= NAME_LIMIT ? address : '';
  const port = Number(ADDRESS.exec(text)?.[1] ?? 0);
  if (port < 1 || port > 65_535)
    throw invalidField(`${path}.address`, address, 'must be host:port of its Raft endpoint');
  return text;
}

/** A misspelt option must not be taken for its default. */
function refuseUnknown(object: JsonObject, path: string, known: readonly string[]): void {
  const unknown = Object.keys(object).find((key) => !known.includes(key));
  if (unknown === undefined) return;
  throw invalidField(
    path === '' ? unknown : `${path}.${unknown}`,
    undefined,
    `unknown field; known: ${known.join(', ')}`,
  );
}
