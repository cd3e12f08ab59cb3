// Kinds whose spec is a question: it never changes.
import type { FieldError } from '../../definition.ts';
import { invalid } from '../../field-error.ts';
import { equalJson } from '../../json.ts';
import type { KubeObject } from '../../object.ts';

interface HasSpec extends KubeObject {
  readonly spec?: object;
}

export function fixedSpec(object: KubeObject, old: KubeObject): FieldError[] {
  return fixedFields((object as HasSpec).spec, (old as HasSpec).spec, 'spec');
}

/** One finding where the two differ. */
export function fixedFields(value: unknown, old: unknown, at: string): FieldError[] {
  return equalJson(value ?? null, old ?? null) ? [] : [invalid(at, value ?? null, 'field is immutable')];
}
