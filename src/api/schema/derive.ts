// Build step: derives generated/schema.json and generated/descriptions.json from the published models and from facts/.
// It holds the types that the registered resources reach and nothing else. Run by .ci/build.mjs; never loaded by a server.
import { createHash } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import mergeSemantics from '../facts/merge-semantics.json' with { type: 'json' };
import requiredFields from '../facts/required.json' with { type: 'json' };
import { deriveMessages, specialScalar } from '../protobuf/derive.ts';
import { RESOURCES } from '../resources/index.ts';
import { type Model, type ModelField, type ModelReader, openModels } from './models.ts';
import type { FieldEntry, FieldMarks, SchemaFile, TypeEntry } from './schema-file.ts';
import { classCandidates, META_PACKAGE, META_SEEDS, typeNameOf, typeNameOfClass } from './type-names.ts';

interface MergeFact {
  readonly patchStrategy?: string;
  readonly mergeKey?: string;
  readonly listType?: 'atomic' | 'map' | 'set';
  readonly listMapKeys?: readonly string[];
  readonly mapType?: 'atomic' | 'granular';
}
const MERGE = mergeSemantics.types as Readonly<Record<string, Readonly<Record<string, MergeFact>>>>;
const REQUIRED = requiredFields.types as Readonly<Record<string, readonly string[]>>;

/** Writes `outFile` (schema.json), and descriptions.json and protobuf.json beside it. Throws when the models lack a type that we serve. */
export async function deriveSchemaFile(root: string, outFile: string): Promise<void> {
  const served = servedTypes();
  const { types, descriptions } = deriveTypes(openModels(root), served);
  const hash = createHash('sha256').update(JSON.stringify(types)).digest('hex').slice(0, 16);
  const file: SchemaFile = { hash, types };
  await mkdir(dirname(outFile), { recursive: true });
  await writeFile(join(dirname(outFile), 'descriptions.json'), JSON.stringify(descriptions));
  const messages = deriveMessages([...served, ...Object.keys(types)], (name) => {
    const fields = types[name]?.f;
    return fields === undefined ? undefined : Object.keys(fields);
  });
  await writeFile(join(dirname(outFile), 'protobuf.json'), JSON.stringify(messages));
  await writeFile(outFile, JSON.stringify(file));
}

/** The names of every kind served: resources, their lists, what their subresources speak, and Status and DeleteOptions. */
function servedTypes(): string[] {
  const names = [`${META_PACKAGE}.v1.Status`, `${META_PACKAGE}.v1.DeleteOptions`];
  for (const definition of RESOURCES) {
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
