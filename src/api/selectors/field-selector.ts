// Field selectors: `metadata.name=web,status.phase!=Running`, compiled to a predicate over a plain map of the declared
// field values. Backslash escapes commas, equal signs and backslashes in values.
import { SelectorError } from './parse-label-selector.ts';

export interface FieldRequirement {
  readonly field: string;
  readonly operator: '=' | '!=';
  readonly value: string;
}

export interface FieldMatcher {
  readonly requirements: readonly FieldRequirement[];
  readonly everything: boolean;
  /** A field that is not in the map counts as ''. */
  matches(fields: Readonly<Record<string, string>>): boolean;
  /** The value that `field` must equal, when the selector says so: lets a list by name become a get. */
  exactly(field: string): string | undefined;
  toString(): string;
}

/** Throws SelectorError for bad grammar and for fields that `supported` does not name. */
export function parseFieldSelector(text: string, supported: readonly string[]): FieldMatcher {
  const requirements = splitTerms(text).map((term) => requirementOf(term, text));
  for (const { field } of requirements) {
    if (!supported.includes(field)) throw new SelectorError(unsupportedMessage(field, supported));
  }
  return {
    requirements,
    everything: requirements.length === 0,
    matches(fields) {
      for (const { field, operator, value } of requirements) {
        const actual = Object.hasOwn(fields, field) ? (fields[field] ?? '') : '';
        if ((actual === value) !== (operator === '=')) return false;
      }
      return true;
    },
    exactly: (field) => requirements.find((one) => one.field === field && one.operator === '=')?.value,
    toString: () =>
      requirements.map(({ field, operator, value }) => `${field}${operator}${escapeValue(value)}`).join(','),
  };
}

const COMMON = ['metadata.name', 'metadata.namespace'];

function unsupportedMessage(field: string, supported: readonly string[]): string {
  if (supported.every((name) => COMMON.includes(name))) {
    return `"${field}" is not a known field selector: only ${supported.map((name) => `"${name}"`).join(', ')}`;
  }
  return `field label not supported: ${field}`;
}

/** Splits at commas that are not escaped; empty terms are dropped. */
function splitTerms(text: string): string[] {
  const terms: string[] = [];
  let current = '';
  for (let at = 0; at < text.length; at++) {
    const char = text.charAt(at);
    if (char === '\\') {
      current += char + text.charAt(at + 1);
      at++;
    } else if (char === ',') {
      terms.push(current);
      current = '';
    } else {
      current += char;
    }
  }
  terms.push(current);
  return terms.filter((term) => term !== '');
}

function requirementOf(term: string, whole: string): FieldRequirement {
  const match = /^(?<field>[^=!\\]*)(?<operator>==|!=|=)(?<value>.*)$/s.exec(term);
  const groups = match?.groups;
  if (groups === undefined) throw new SelectorError(`invalid selector: '${whole}'; can't understand '${term}'`);
  const { field = '', operator, value = '' } = groups;
  return { field, operator: operator === '!=' ? '!=' : '=', value: unescapeValue(value) };
}

function unescapeValue(value: string): string {
  let result = '';
  for (let at = 0; at < value.length; at++) {
    const char = value.charAt(at);
    if (char === '\\') {
      const next = value.charAt(at + 1);
      if (next !== '\\' && next !== ',' && next !== '=') {
        throw new SelectorError(`invalid field selector: invalid escape sequence: "\\${next}"`);
      }
      result += next;
      at++;
    } else if (char === ',' || char === '=') {
      throw new SelectorError(`invalid field selector: unescaped character in value: ${char}`);
    } else {
      result += char;
    }
  }
  return result;
}

function escapeValue(value: string): string {
  return value.replaceAll(/[\\,=]/g, (char) => `\\${char}`);
}
