// Answers in JSON, whose pieces are strung together as they are, and in YAML, made of the same pieces one by one: a long list
// is never parsed or written whole.

import { toYaml } from '../http/yaml.ts';
import { JSON_LINES } from '../watch/framing.ts';
import type { JsonForm } from './json-form.ts';
import type { Page, Shape } from './shape.ts';

const COMMA = Buffer.from(',');

export function jsonShape(form: JsonForm, { isShared }: Pick<Shape, 'isShared'>): Shape {
  return {
    isShared,
    framing: JSON_LINES,
    object: form.object,
    list: (page) => ({ parts: jsonParts(page, form), lengthBytes: jsonLength(page, form) }),
    bookmark: (resourceVersion, end) => Buffer.from(form.bookmark(resourceVersion, end)),
  };
}

function* jsonParts({ objects, metadata }: Page, form: JsonForm): Generator<Uint8Array> {
  yield Buffer.from(form.listHead(metadata));
  for (const [at, object] of objects.entries()) {
    if (at > 0) yield COMMA;
    yield form.item(object);
  }
  yield Buffer.from(form.listTail);
}

/** Known beforehand when every item is its stored bytes. */
function jsonLength({ objects, metadata }: Page, form: JsonForm): number | undefined {
  let bytes = Buffer.byteLength(form.listHead(metadata)) + Buffer.byteLength(form.listTail);
  bytes += Math.max(0, objects.length - 1) * COMMA.length;
  for (const object of objects) {
    if (!form.verbatim(object)) return undefined;
    bytes += object.bytes.length;
  }
  return bytes;
}

/** There is no stream of YAML: it is never asked for the form of events (http/negotiate.ts). */
export function yamlShape(form: JsonForm): Shape {
  return {
    ...jsonShape(form, { isShared: false }),
    object: (source) => Buffer.from(toYaml(parsed(form.object(source)))),
    list: (page) => ({ parts: yamlParts(page, form), lengthBytes: undefined }),
  };
}

/** The items are the last member of the head, and begin without indentation. */
function* yamlParts({ objects, metadata }: Page, form: JsonForm): Generator<Uint8Array> {
  const head = toYaml(parsed(Buffer.from(form.listHead(metadata) + form.listTail)));
  if (objects.length === 0) {
    yield Buffer.from(head);
    return;
  }
  yield Buffer.from(head.replace(/ \[\]\n$/, '\n'));
  for (const object of objects) yield Buffer.from(toYaml([parsed(form.item(object))]));
}

function parsed(json: Uint8Array): unknown {
  return JSON.parse(Buffer.from(json.buffer, json.byteOffset, json.byteLength).toString('utf8'));
}
