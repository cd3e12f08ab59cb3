// Build step: from the field numbers in facts/protobuf.json the messages that the served types reach, joined with what the
// JSON schema knows: which embedded messages lie flat in JSON, and which fields are required.
import presence from '../facts/presence.json' with { type: 'json' };
import facts from '../facts/protobuf.json' with { type: 'json' };
import requiredFields from '../facts/required.json' with { type: 'json' };
import {
  type FieldPlace,
  formatPlace,
  META,
  META_KINDS,
  META_V1BETA1_LIST,
  type MessageFile,
  messageOfType,
  typeOfMessage,
} from './messages.ts';
import { isSpecialMessage, QUANTITY } from './special.ts';

type FieldFact = readonly [number: number, type: string, repeated?: string];
type Fields = Readonly<Record<string, FieldFact>>;

/** Which zeroes of a message are values, and what lies flat in JSON, as Kubernetes' Go types have it. */
interface PresenceFact {
  readonly pointers?: readonly string[];
  readonly printed?: readonly string[];
  readonly inline?: readonly string[];
  readonly embedded?: readonly string[];
}

const FACTS = facts.types as unknown as Readonly<Record<string, Fields>>;
const ADDED = presence.fields as unknown as Readonly<Record<string, Fields>>;
const PRESENCE = presence.types as Readonly<Record<string, PresenceFact>>;
const REQUIRED = requiredFields.types as Readonly<Record<string, readonly string[]>>;

/** `jsonFields` answers the JSON fields of a type by its public name, or undefined when it has none of its own. */
export function deriveMessages(
  typeNames: readonly string[],
  jsonFields: (typeName: string) => readonly string[] | undefined,
): MessageFile {
  const file: Record<string, readonly string[]> = {};
  const reached = new Set<string>();
  const reach = (message: string): void => {
    const fields = fieldsOf(message);
    if (fields === undefined || reached.has(message) || isSpecialMessage(message)) return;
    reached.add(message);
    const json = jsonFields(typeOfMessage(message));
    const places = Object.entries(fields)
      .flatMap(([name, fact]) => placeOf(name, fact, message, json) ?? [])
      .sort((a, b) => a.number - b.number);
    file[message] = places.map(formatPlace);
    for (const { type } of places) reach(type);
  };
  for (const kind of META_KINDS) reach(`${META}.${kind}`);
  reach(META_V1BETA1_LIST);
  for (const name of typeNames) reach(messageOfType(name));
  return file;
}

/** True for a field of a type that Go keeps by value, so that it is always there, empty or not. */
export function isEmbedded(typeName: string, field: string): boolean {
  return PRESENCE[messageOfType(typeName)]?.embedded?.includes(field) === true;
}

function fieldsOf(message: string): Fields | undefined {
  const known = FACTS[message];
  const added = ADDED[message];
  return known === undefined && added === undefined ? undefined : { ...known, ...added };
}

function placeOf(
  name: string,
  [number, factType, repeated]: FieldFact,
  message: string,
  json: readonly string[] | undefined,
): FieldPlace | undefined {
  const map = /^map<string,\.?(.+)>$/.exec(factType);
  const type = resolve(map?.[1] ?? factType, message);
  const jsonName = json === undefined ? name : nameIn(json, name);
  const isInline = PRESENCE[message]?.inline?.includes(name) === true;
  // A field of another version.
  if (jsonName === undefined && !isInline) return undefined;
  const many = isListInJson(message, json) ? 'items' : 'list';
  const single = isInline ? 'inline' : 'one';
  const shape = map !== null ? 'map' : repeated === undefined ? single : many;
  return {
    number,
    name: jsonName ?? name,
    type,
    shape,
    keepsZero: (shape === 'one' && isSpecialMessage(type)) || keepsZero(message, name, jsonName ?? name),
  };
}

/** What the type maps take for plain strings, as messages tell: quantities and bytes, alone or in lists and maps. */
export function specialScalar(typeName: string, field: string): 'quantity' | 'bytes' | undefined {
  const fields = fieldsOf(messageOfType(typeName)) ?? {};
  const name = nameIn(Object.keys(fields), field);
  const factType = name === undefined ? undefined : fields[name]?.[1];
  const type = factType?.replace(/^map<string,\.?(.+)>$/, '$1');
  if (type === 'bytes') return 'bytes';
  return type === QUANTITY ? 'quantity' : undefined;
}

/** Some names differ in case: `uID` is `uid`. */
function nameIn(json: readonly string[], name: string): string | undefined {
  if (json.includes(name)) return name;
  return json.find((one) => one.toLowerCase() === name.toLowerCase());
}

/** Named lists of strings (ExtraValue) are messages of one field, and no types of their own in JSON. */
function isListInJson(message: string, json: readonly string[] | undefined): boolean {
  return json === undefined && Object.keys(fieldsOf(message) ?? {}).join() === 'items';
}

function keepsZero(message: string, name: string, jsonName: string): boolean {
  const { pointers = [], printed = [] } = PRESENCE[message] ?? {};
  return (
    pointers.includes(name) || printed.includes(name) || (REQUIRED[typeOfMessage(message)] ?? []).includes(jsonName)
  );
}

/** Short names of maps' values mean the package of the message they stand in. */
function resolve(type: string, message: string): string {
  const beside = `${message.slice(0, message.lastIndexOf('.'))}.${type}`;
  return fieldsOf(type) === undefined && fieldsOf(beside) !== undefined ? beside : type;
}
