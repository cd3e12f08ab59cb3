// Build step: derives generated/schema.json and generated/descriptions.json from the published models and from facts/, and what
// lies behind feature gates into gated.json and gated-descriptions.json. They hold the types that resources reach and nothing else. Run by .ci/build.mjs; never loaded by a server.
import { createHash } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { ResourceDefinition } from '../definition.ts';
import mergeSemantics from '../facts/merge-semantics.json' with { type: 'json' };
import requiredFields from '../facts/required.json' with { type: 'json' };
import { deriveMessages, isEmbedded, specialScalar } from '../protobuf/derive.ts';
import { GATED_RESOURCES } from '../resources/gated/index.ts';
import { RESOURCES } from '../resources/index.ts';
import { type Model, type ModelField, type ModelReader, openModels } from './models.ts';
import type { DescriptionFile, FieldEntry, FieldMarks, GatedFile, SchemaFile, TypeEntry } from './schema-file.ts';
import { classCandidates, META_PACKAGE, META_SEEDS, stableName, typeNameOf, typeNameOfClass } from './type-names.ts';

interface MergeFact {
  readonly patchStrategy?: string;
  readonly mergeKey?: string;
  readonly listType?: 'atomic' | 'map' | 'set';
  readonly listMapKeys?: readonly string[];
  readonly mapType?: 'atomic' | 'granular';
}
const MERGE = mergeSemantics.types as Readonly<Record<string, Readonly<Record<string, MergeFact>>>>;
const REQUIRED = requiredFields.types as Readonly<Record<string, readonly string[]>>;

/** Writes `outFile` (schema.json), and the other files beside it. Throws when the models lack a type that we serve. */
export async function deriveSchemaFile(root: string, outFile: string): Promise<void> {
  const models = openModels(root);
  const stable = derivePart(models, RESOURCES);
  const all = derivePart(models, [...RESOURCES, ...GATED_RESOURCES.map(({ definition }) => definition)]);
  const gated: GatedFile = {
    types: without(all.types, stable.types),
    messages: without(all.messages, stable.messages),
  };
  const content = JSON.stringify([stable.types, gated.types]);
  const hash = createHash('sha256').update(content).digest('hex').slice(0, 16);
  const file: SchemaFile = { hash, types: stable.types };
  const folder = dirname(outFile);
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'descriptions.json'), JSON.stringify(stable.descriptions));
  await writeFile(join(folder, 'protobuf.json'), JSON.stringify(stable.messages));
  await writeFile(join(folder, 'gated.json'), JSON.stringify(gated));
  const texts = textsOfTheirOwn(without(all.descriptions, stable.descriptions), stable.descriptions);
  await writeFile(join(folder, 'gated-descriptions.json'), JSON.stringify(texts));
  await writeFile(outFile, JSON.stringify(file));
}

interface Part extends Derived {
  readonly messages: GatedFile['messages'];
}

function derivePart(models: ModelReader, definitions: readonly ResourceDefinition[]): Part {
  const served = servedTypes(definitions);
  const { types, descriptions } = deriveTypes(models, served);
  const messages = deriveMessages([...served, ...Object.keys(types)], (name) => {
    const fields = types[name]?.f;
    return fields === undefined ? undefined : Object.keys(fields);
  });
  return { types, descriptions, messages };
}

/** The entries of `all` that `part` does not have. */
function without<T>(all: Readonly<Record<string, T>>, part: Readonly<Record<string, T>>): Record<string, T> {
  return Object.fromEntries(Object.entries(all).filter(([name]) => !Object.hasOwn(part, name)));
}

/** Leaves out what the stable version of a type says in the same words. */
function textsOfTheirOwn(gated: DescriptionFile, stable: DescriptionFile): DescriptionFile {
  return Object.fromEntries(
    Object.entries(gated).map(([name, texts]) => {
      const known = stable[stableName(name)] ?? {};
      return [name, Object.fromEntries(Object.entries(texts).filter(([field, text]) => known[field] !== text))];
    }),
  );
}

/** The names of every kind served: resources, their lists, what their subresources speak, and Status and DeleteOptions. */
function servedTypes(definitions: readonly ResourceDefinition[]): string[] {
  const names = [`${META_PACKAGE}.v1.Status`, `${META_PACKAGE}.v1.DeleteOptions`];
  for (const definition of definitions) {
    names.push(definition.schema);
    if (definition.verbs.includes('list')) {
      names.push(typeNameOf(definition.group, definition.version, definition.listKind));
    }
    for (const sub of definition.subresources) names.push(typeNameOf(sub.group, sub.version, sub.kind));
  }
  // Core before the others: see type-names.ts.
  return [...new Set(names)].sort(
    (a, b) => Number(b.startsWith('io.k8s.api.core.')) - Number(a.startsWith('io.k8s.api.core.')),
  );
}

interface Derived {
  readonly types: Record<string, TypeEntry>;
  readonly descriptions: Record<string, Record<string, string>>;
}

function deriveTypes(models: ModelReader, served: readonly string[]): Derived {
  const names = new Map<string, string>();
  const read = new Map<string, Model>();
  const reach = (className: string, name: string): void => {
    if (names.has(className)) return;
    names.set(className, name);
    const model = models.read(className);
    read.set(className, model);
    const owner = name.split('.').slice(0, -2).join('.');
    for (const field of model.fields) {
      const inner = classIn(field.type);
      if (inner !== undefined && models.has(inner)) reach(inner, typeNameOfClass(inner, owner));
    }
  };
  for (const seed of META_SEEDS) reach(seed, typeNameOfClass(seed, META_PACKAGE));
  // Templates of pods and claims belong to core although only workloads of other groups may be served.
  for (const seed of ['V1PodTemplateSpec', 'V1PersistentVolumeClaim'])
    reach(seed, typeNameOfClass(seed, 'io.k8s.api.core'));
  for (const name of served) {
    const className = classCandidates(name).find((candidate) => models.has(candidate));
    if (className === undefined) {
      // Subresources without a model (PodExecOptions) are parameters in a query, not bodies.
      if (/(Options|Eviction)$/.test(name)) continue;
      throw new Error(`kubernetes-models has no class for ${name}`);
    }
    reach(className, name);
  }

  const derived: Derived = { types: {}, descriptions: {} };
  const reachable = reachableFrom(served, names, read);
  for (const [className, name] of [...names].sort((a, b) => (a[1] < b[1] ? -1 : 1))) {
    const model = read.get(className);
    if (model === undefined || !reachable.has(className)) continue;
    derived.types[name] = typeEntry(name, model, names);
    derived.descriptions[name] = describe(model);
  }
  return derived;
}

function reachableFrom(served: readonly string[], names: Map<string, string>, read: Map<string, Model>): Set<string> {
  const wanted = new Set(served);
  const found = new Set<string>();
  const queue = [...names].filter(([, name]) => wanted.has(name)).map(([className]) => className);
  for (let next = queue.pop(); next !== undefined; next = queue.pop()) {
    if (found.has(next)) continue;
    found.add(next);
    for (const field of read.get(next)?.fields ?? []) {
      const inner = classIn(field.type);
      if (inner !== undefined && names.has(inner)) queue.push(inner);
    }
  }
  return found;
}

/** The class that a type of the map mentions. */
function classIn(type: string): string | undefined {
  return /\b(?:[A-Z][a-z]+)?V\d\w*[A-Z]\w*/.exec(type)?.[0];
}

function describe(model: Model): Record<string, string> {
  const texts: Record<string, string> = {};
  if (model.description !== '') texts[''] = model.description;
  for (const field of model.fields) if (field.description !== '') texts[field.name] = field.description;
  return texts;
}

function typeEntry(name: string, model: Model, names: Map<string, string>): TypeEntry {
  const fields: Record<string, FieldEntry> = {};
  for (const field of model.fields) fields[field.name] = fieldEntry(name, field, names);
  const mapType = MERGE[name]?.['']?.mapType;
  return mapType === undefined ? { f: fields } : { f: fields, mt: mapType };
}

function fieldEntry(typeName: string, field: ModelField, names: Map<string, string>): FieldEntry {
  const shape = shapeOf(typeName, field, names);
  const fact = MERGE[typeName]?.[field.name] ?? {};
  const marks: FieldMarks = {
    t: shape,
    ...(REQUIRED[typeName]?.includes(field.name) ? { r: 1 as const } : {}),
    ...(fact.patchStrategy === undefined ? {} : { ps: fact.patchStrategy }),
    ...(fact.mergeKey === undefined ? {} : { mk: fact.mergeKey }),
    ...(fact.listType === undefined ? {} : { lt: fact.listType }),
    ...(fact.listMapKeys === undefined ? {} : { lk: fact.listMapKeys }),
    ...(fact.mapType === undefined ? {} : { mt: fact.mapType }),
    ...(isEmbedded(typeName, field.name) ? { e: 1 as const } : {}),
  };
  return Object.keys(marks).length === 1 ? shape : marks;
}

function shapeOf(typeName: string, field: ModelField, names: Map<string, string>): string {
  const list = /^Array<(.*)>$/.exec(field.type)?.[1];
  if (list !== undefined) return `[]${shapeOf(typeName, { ...field, type: list }, names)}`;
  const map = /^\{ \[key: string\]: (.*); \}$/.exec(field.type)?.[1];
  if (map !== undefined) return `{}${shapeOf(typeName, { ...field, type: map }, names)}`;
  const special = specialScalar(typeName, field.name);
  if (special !== undefined) return special;
  if (field.format === 'byte') return 'bytes';
  switch (field.type) {
    case 'string':
    case 'boolean':
      return field.type;
    case 'number':
      return field.format === 'int32' || field.format === 'int64' ? field.format : 'double';
    case 'Date':
      return 'time';
    case 'V1MicroTime':
      return 'microTime';
    case 'IntOrString':
      return 'intOrString';
    case 'any':
    case 'object':
      return field.name === 'fieldsV1' || field.name === 'raw' ? 'raw' : 'any';
    default: {
      const name = names.get(field.type);
      if (name === undefined) throw new Error(`${typeName}.${field.name} has the unknown type ${field.type}`);
      return `#${name}`;
    }
  }
}
