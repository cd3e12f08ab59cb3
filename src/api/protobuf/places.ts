// The messages of the served kinds, parsed one by one on first use: a server uses a fraction of them.
import generated from '../generated/protobuf.json' with { type: 'json' };
import { type FieldPlace, type MessageFile, messageOf, parsePlace } from './messages.ts';

/** A message's fields, in the order of their numbers and by number. */
export interface Places {
  readonly all: readonly FieldPlace[];
  readonly byNumber: ReadonlyMap<number, FieldPlace>;
  /** Lists and maps that are required in JSON: empty ones are not sent, and so are not missing. */
  readonly kept: readonly FieldPlace[];
  /** Its JSON is the list that its only field holds. */
  readonly isList: boolean;
}

const parsed = new Map<string, Places>();
/** The messages behind feature gates, once a server has opened one. */
let gated: MessageFile = {};

/** Adds messages that no registered resource has asked for yet. Twice is the same as once. */
export function extendMessages(messages: MessageFile): void {
  gated = messages;
}

/** Undefined when no served kind has such a message. */
export function placesOf(message: string): Places | undefined {
  const known = parsed.get(message);
  if (known !== undefined) return known;
  const file: MessageFile = generated;
  const texts = Object.hasOwn(file, message) ? file[message] : gatedTexts(message);
  if (texts === undefined) return undefined;
  const all = texts.map(parsePlace);
  const byNumber = new Map(all.map((place) => [place.number, place]));
  const kept = all.filter(({ shape, keepsZero }) => keepsZero && (shape === 'list' || shape === 'map'));
  const places = { all, byNumber, kept, isList: all[0]?.shape === 'items' };
  parsed.set(message, places);
  return places;
}

function gatedTexts(message: string): readonly string[] | undefined {
  return Object.hasOwn(gated, message) ? gated[message] : undefined;
}

/** Whether objects of a kind can be read and answered in this form. */
export function hasMessage(apiVersion: string, kind: string): boolean {
  return placesOf(messageOf(apiVersion, kind)) !== undefined;
}
