// Required fields: compiled checks per type. A type without required fields below it compiles to nothing, so that most
// of an object is never visited. Status is exempt: servers' own reports are stored as they come.
import type { FieldError } from '../definition.ts';
import { isFull, required } from '../field-error.ts';
import { isJsonObject, type Json, type JsonObject } from '../json.ts';
import type { Shape, TypeSchema } from './shapes.ts';

export type RequiredCheck = (value: JsonObject, path: string, errors: FieldError[]) => void;

export function compileRequired(
  lookup: (name: string) => TypeSchema | undefined,
): (type: string) => RequiredCheck | undefined {
  const compiled = new Map<string, RequiredCheck>();
  const relevant = relevance(lookup, (type) => [...type.fields.values()].some((field) => field.required));

  const ofType = (name: string): RequiredCheck | undefined => {
    const known = compiled.get(name);
    if (known !== undefined) return known;
    const type = lookup(name);
    if (type === undefined || !relevant(name)) return undefined;
    const needed: string[] = [];
    const inner: { readonly name: string; readonly visit: Visit }[] = [];
    const check: RequiredCheck = (value, path, errors) => {
      for (const field of needed) {
        if (value[field] === undefined) errors.push(required(path === '' ? field : `${path}.${field}`));
      }
      for (const field of inner) {
        const member = value[field.name];
        if (member !== undefined) field.visit(member, path === '' ? field.name : `${path}.${field.name}`, errors);
      }
    };
    compiled.set(name, check);
    for (const field of type.fields.values()) {
      if (field.required && !LENIENT.has(`${name}.${field.name}`)) needed.push(field.name);
      if (field.name === 'status' && field.shape.kind === 'type') continue;
      const visit = ofShape(field.shape);
      if (visit !== undefined) inner.push({ name: field.name, visit });
    }
    return check;
  };

  const ofShape = (shape: Shape): Visit | undefined => {
    if (shape.kind === 'scalar') return undefined;
    if (shape.kind === 'type') {
      const check = ofType(shape.type);
      return check && ((value, path, errors) => isJsonObject(value) && check(value, path, errors));
    }
    const item = ofShape(shape.item);
    if (item === undefined) return undefined;
    if (shape.kind === 'list') {
      return (value, path, errors) => {
        if (!Array.isArray(value)) return;
        for (const [index, member] of value.entries()) {
          if (isFull(errors)) return;
          item(member, `${path}[${index}]`, errors);
        }
      };
    }
    return (value, path, errors) => {
      if (isJsonObject(value))
        for (const key of Object.keys(value)) item(value[key] ?? null, `${path}[${key}]`, errors);
    };
  };
  return ofType;
}

type Visit = (value: Json, path: string, errors: FieldError[]) => void;

/** Required in the document, but Kubernetes takes the absent for an empty one. */
const LENIENT = new Set([
  'io.k8s.api.core.v1.HTTPHeader.value',
  'io.k8s.api.core.v1.Event.metadata',
  'io.k8s.api.core.v1.Event.involvedObject',
  'io.k8s.api.events.v1.Event.eventTime',
  'io.k8s.api.core.v1.ContainerResizePolicy.restartPolicy',
  'io.k8s.api.apps.v1.DeploymentSpec.template',
]);

/** Memoised: does `type` or any type below it satisfy `holds`? Cycles count as their other branches. */
export function relevance(
  lookup: (name: string) => TypeSchema | undefined,
  holds: (type: TypeSchema) => boolean,
): (name: string) => boolean {
  const answers = new Map<string, boolean>();
  return function relevant(name: string): boolean {
    const known = answers.get(name);
    if (known !== undefined) return known;
    const seen = new Set<string>();
    const queue = [name];
    for (let next = queue.pop(); next !== undefined; next = queue.pop()) {
      if (seen.has(next)) continue;
      seen.add(next);
      const type = lookup(next);
      if (type === undefined) continue;
      if (holds(type)) {
        answers.set(name, true);
        return true;
      }
      for (const field of type.fields.values()) {
        const inner = typeIn(field.shape);
        if (inner !== undefined) queue.push(inner);
      }
    }
    answers.set(name, false);
    return false;
  };
}

/** The type that a shape holds, behind lists and maps. */
export function typeIn(shape: Shape): string | undefined {
  if (shape.kind === 'scalar') return undefined;
  return shape.kind === 'type' ? shape.type : typeIn(shape.item);
}
