// YAML bodies to JSON trees, read as Kubernetes reads them. A short text can mean much (aliases, merges), and take long to
// read (marks, comments, documents): tokens, nesting, aliases and what they expand to are each counted before they cost.
import {
  Composer,
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  Lexer,
  type Node,
  Parser,
  type Tags,
  visit,
  type YAMLError,
} from 'yaml';
import { REQUEST_BODY_LIMIT_BYTES } from '../lib/index.ts';
import { type Json, joinPath } from './json.ts';
import { STRICT_FINDINGS_LIMIT, YAML_ALIAS_LIMIT, YAML_FLOW_NESTING_LIMIT, YAML_TOKENS_LIMIT } from './limits.ts';
import { ApiError, badRequestError, bodyTooDeep, tooLargeError } from './status.ts';

/**
 * As Kubernetes reads YAML: `0644` is octal and `yes` is true, as YAML 1.1 has it, but nothing is a date, and `1:30` is no number.
 */
const YAML_OPTIONS = {
  merge: true,
  uniqueKeys: false,
  logLevel: 'silent',
  schema: 'yaml-1.1',
  customTags: (tags: Tags): Tags =>
    tags.filter(
      (tag) => typeof tag === 'string' || (PLAIN_TAGS.test(tag.tag) && !('format' in tag && tag.format === 'TIME')),
    ),
} as const;
const PLAIN_TAGS = /^tag:yaml\.org,2002:(?:map|seq|str|null|bool|int|float|merge)$/;
const MERGE_KEY = '<<';

export interface DecodedYaml {
  readonly value: Json;
  readonly duplicateFields: readonly string[];
}

/** The tree's depth is not checked. Throws ApiError: 400 for what cannot be parsed, 413 for what expands to too much. */
export function decodeYaml(text: string): DecodedYaml {
  checkYamlNesting(text);
  try {
    const document = onlyDocument(text);
    if (document?.contents === null || document === undefined) return { value: null, duplicateFields: [] };
    let aliases = 0;
    visit(document, { Alias: () => void aliases++ });
    if (aliases > YAML_ALIAS_LIMIT) throw badRequestError(`the YAML body has more than ${YAML_ALIAS_LIMIT} aliases`);
    refuseExpanded(document);
    const duplicateFields: string[] = [];
    findDuplicates(document.contents, '', duplicateFields);
    const parsed: unknown = document.toJS({ maxAliasCount: YAML_ALIAS_LIMIT });
    return { value: JSON.parse(JSON.stringify(parsed ?? null)) as Json, duplicateFields };
  } catch (error) {
    if (error instanceof ApiError) throw error;
    if (error instanceof RangeError) throw bodyTooDeep();
    // What the reader throws rather than notes: unresolved aliases, merges of what is no map.
    if (error instanceof Error) throw unreadable(error.message);
    throw error;
  }
}

function unreadable(problem: string): ApiError {
  return badRequestError(`error converting YAML to JSON: yaml: ${problem}`);
}

/** Stops at the first problem, and at a second document. */
function onlyDocument(text: string): Document.Parsed | undefined {
  const parser = new Parser();
  const composer = new Composer({ ...YAML_OPTIONS, prettyErrors: false });
  let found: Document.Parsed | undefined;
  const take = (document: Document.Parsed): void => {
    if (found !== undefined) throw badRequestError('the body holds several YAML documents');
    refuseBroken(text, document.errors);
    found = document;
  };
  let tokens = 0;
  for (const lexeme of new Lexer().lex(text)) {
    if (++tokens > YAML_TOKENS_LIMIT) throw badRequestError(`the YAML body has more than ${YAML_TOKENS_LIMIT} tokens`);
    for (const token of parser.next(lexeme)) {
      if (token.type === 'error') throw unreadable(`line ${lineAt(text, token.offset)}: ${token.message}`);
      for (const document of composer.next(token)) take(document);
    }
  }
  for (const token of parser.end()) for (const document of composer.next(token)) take(document);
  for (const document of composer.end()) take(document);
  refuseBroken(text, composer.streamInfo().errors);
  return found;
}

function refuseBroken(text: string, errors: readonly YAMLError[]): void {
  const [problem] = errors;
  if (problem !== undefined) throw unreadable(`line ${lineAt(text, problem.pos[0])}: ${problem.message}`);
}

function lineAt(text: string, offset: number): number {
  let line = 1;
  for (let at = text.indexOf('\n'); at !== -1 && at < offset; at = text.indexOf('\n', at + 1)) line++;
  return line;
}

/** Aliases share what they name, and merges copy it, until it is written out: never more than a body may hold. */
function refuseExpanded(document: Document.Parsed): void {
  const sizes = new Map<unknown, number>();
  const open = new Set<unknown>();
  const anchors = anchorsOf(document);
  const sizeOf = (node: unknown): number => {
    if (isScalar(node)) return 1 + (typeof node.value === 'string' ? node.value.length : 0);
    if (isAlias(node)) return sizeOf(anchors.get(node));
    if (!isMap(node) && !isSeq(node)) return 1;
    const known = sizes.get(node);
    if (known !== undefined) return known;
    if (open.has(node)) throw unreadable(`anchor '${node.anchor ?? ''}' value contains itself`);
    open.add(node);
    let size = 1;
    if (isSeq(node)) for (const item of node.items) size += sizeOf(item);
    else for (const { key, value } of node.items) size += sizeOf(key) + sizeOf(value);
    open.delete(node);
    if (size > REQUEST_BODY_LIMIT_BYTES) throw tooLargeError(REQUEST_BODY_LIMIT_BYTES);
    sizes.set(node, size);
    return size;
  };
  sizeOf(document.contents);
}

/** What each alias names: the last node before it that has that anchor. Complex keys are refused on the way, as in JSON. */
function anchorsOf(document: Document.Parsed): Map<unknown, Node | undefined> {
  const named = new Map<string, Node>();
  const targets = new Map<unknown, Node | undefined>();
  visit(document, {
    Alias: (_, alias) => void targets.set(alias, named.get(alias.source)),
    Value: (_, node) => {
      if (node.anchor !== undefined) named.set(node.anchor, node);
    },
    Pair: (_, { key }) => {
      const named = isAlias(key) ? targets.get(key) : key;
      if (isMap(named) || isSeq(named)) throw unreadable('a key of a map must be a scalar');
    },
  });
  return targets;
}

function findDuplicates(node: unknown, path: string, found: string[]): void {
  if (isSeq(node))
    for (const [index, item] of node.items.entries()) findDuplicates(item, joinPath(path, `[${index}]`), found);
  if (!isMap(node)) return;
  const seen = new Set<string>();
  for (const { key, value } of node.items) {
    const text = keyText(key);
    const inner = joinPath(path, text);
    if (seen.has(text) && text !== MERGE_KEY && found.length < STRICT_FINDINGS_LIMIT) found.push(inner);
    seen.add(text);
    findDuplicates(value, inner, found);
  }
}

/** The keys that a text, which can be read, has twice in one map: `line 3: key "a" already set in map`, as Kubernetes words it. */
export function repeatedKeys(text: string): string[] {
  const found: string[] = [];
  const look = (node: unknown): void => {
    if (isSeq(node)) for (const item of node.items) look(item);
    if (!isMap(node)) return;
    const seen = new Set<string>();
    for (const { key, value } of node.items) {
      const name = keyText(key);
      if (seen.has(name) && name !== MERGE_KEY && found.length < STRICT_FINDINGS_LIMIT) {
        const line = isScalar(key) ? lineAt(text, key.range?.[0] ?? 0) : 1;
        found.push(`line ${line}: key ${JSON.stringify(name)} already set in map`);
      }
      seen.add(name);
      look(value);
    }
  };
  look(onlyDocument(text)?.contents);
  return found;
}

function keyText(key: unknown): string {
  if (!isScalar(key)) return String(key);
  // The merge key is a symbol.
  return typeof key.value === 'symbol' ? MERGE_KEY : String(key.value);
}

/** A cheap upper bound of nesting before parsing: open flow brackets, and block markers on one line. */
function checkYamlNesting(text: string): void {
  let open = 0;
  let markers = 0;
  for (let at = 0; at < text.length; at++) {
    const char = text.charCodeAt(at);
    if (char === 0x5b || char === 0x7b) open++;
    else if ((char === 0x5d || char === 0x7d) && open > 0) open--;
    else if (char === 0x0a) markers = 0;
    else if ((char === 0x2d || char === 0x3f) && text.charCodeAt(at + 1) === 0x20) markers++;
    if (open > YAML_FLOW_NESTING_LIMIT || markers > YAML_FLOW_NESTING_LIMIT) throw bodyTooDeep();
  }
}
