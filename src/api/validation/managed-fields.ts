// The rules of field managers' names, in query options and in the entries of metadata.managedFields. Entries that cannot be
// read are not refused: they are ignored, and what is stored stays (src/api/apply/).
import type { FieldError } from '../definition.ts';
import { addFindings, invalid, tooLong } from '../field-error.ts';
import type { ObjectMeta } from '../object.ts';

const FIELD_MANAGER_LIMIT_BYTES = 128;
const SUBRESOURCE_NAME_LIMIT_BYTES = 256;
/** What Go's unicode.IsPrint lets pass. */
const PRINTABLE = /^[\p{L}\p{M}\p{N}\p{P}\p{S} ]*$/u;
const PLAIN = /^[ -~]*$/;
const NONE: readonly FieldError[] = [];

/** The manager of a request that names none: what its User-Agent has before the first slash, `unknown` without any. */
export function managerOfUserAgent(userAgent: string): string {
  const slash = userAgent.indexOf('/');
  const product = slash < 0 ? userAgent : userAgent.slice(0, slash);
  if (product === '') return 'unknown';
  if (product.length <= FIELD_MANAGER_LIMIT_BYTES && PLAIN.test(product)) return product;
  let name = '';
  let lengthBytes = 0;
  for (const character of product) {
    if (!PRINTABLE.test(character)) continue;
    lengthBytes += Buffer.byteLength(character);
    if (lengthBytes > FIELD_MANAGER_LIMIT_BYTES) break;
    name += character;
  }
  return name === '' ? 'unknown' : name;
}

export function validateFieldManager(manager: string, field: string): readonly FieldError[] {
  if (manager.length <= FIELD_MANAGER_LIMIT_BYTES && PLAIN.test(manager)) return NONE;
  const errors: FieldError[] = [];
  if (Buffer.byteLength(manager) > FIELD_MANAGER_LIMIT_BYTES) errors.push(tooLong(field, FIELD_MANAGER_LIMIT_BYTES));
  if (PRINTABLE.test(manager)) return errors;
  let position = 0;
  for (const character of manager) {
    if (!PRINTABLE.test(character))
      addFindings(errors, [
        invalid(field, manager, `invalid character ${codePoint(character)} (at position ${position})`),
      ]);
    position += Buffer.byteLength(character);
  }
  return errors;
}

function codePoint(character: string): string {
  return `U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}`;
}

export function validateManagedFields(entries: ObjectMeta['managedFields'], path: string): readonly FieldError[] {
  if (entries === undefined) return NONE;
  const errors: FieldError[] = [];
  for (const [index, entry] of entries.entries()) {
    const at = `${path}[${index}]`;
    const { operation = '', fieldsType = '', manager = '', subresource = '' } = entry;
    if (operation !== 'Apply' && operation !== 'Update')
      addFindings(errors, [invalid(`${at}.operation`, operation, 'must be `Apply` or `Update`')]);
    if (fieldsType !== '' && fieldsType !== 'FieldsV1')
      addFindings(errors, [invalid(`${at}.fieldsType`, fieldsType, 'must be `FieldsV1`')]);
    addFindings(errors, validateFieldManager(manager, `${at}.manager`));
    if (Buffer.byteLength(subresource) > SUBRESOURCE_NAME_LIMIT_BYTES)
      addFindings(errors, [tooLong(`${at}.subresource`, SUBRESOURCE_NAME_LIMIT_BYTES)]);
  }
  return errors;
}
