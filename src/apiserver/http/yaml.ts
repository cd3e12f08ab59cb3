// Answers in YAML: of JSON values, in a form that readers of YAML 1.1 (Go's among them) and of 1.2 take for the same.
import { stringify } from 'yaml';

/** One document, or a part of one. */
export function toYaml(value: unknown): string {
  // `compat` quotes what only YAML 1.1 takes for something else (`yes`, `0o14`); lines are not folded, which takes time.
  return stringify(value, { aliasDuplicateObjects: false, compat: 'yaml-1.1', lineWidth: 0 });
}
