// The rules of lease candidates: versions are semantic ones, and the strategy is known or qualified by a domain.
import type { FieldError } from '../../definition.ts';
import { addFindings, invalid, notSupported, problemsAt, required } from '../../field-error.ts';
import type { LeaseCandidate } from '../../gated-types.ts';
import { labelKeyProblems } from '../labels.ts';
import { configKeyProblems } from '../names.ts';

const OLDEST = 'OldestEmulationVersion';
const SEMANTIC_VERSION = /^(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(?:-[0-9A-Za-z.-]+)?(?:\+[0-9A-Za-z.-]+)?$/;

export function validateLeaseCandidate({ metadata, spec }: LeaseCandidate): FieldError[] {
  const name = metadata?.name ?? '';
  const { leaseName = '', binaryVersion = '', emulationVersion = '', strategy = '' } = spec ?? {};
  const errors = problemsAt('metadata.name', name, name === '' ? [] : configKeyProblems(name));
  if (leaseName === '') errors.push(required('spec.leaseName'));
  const emulated = versionAt(emulationVersion, 'spec.emulationVersion', errors);
  const binary = versionAt(binaryVersion, 'spec.binaryVersion', errors);
  if (binary !== undefined && emulated !== undefined && isOlder(binary, emulated)) {
    const detail = 'must be greater than or equal to `emulationVersion`';
    errors.push(invalid('spec.binaryVersion', binaryVersion, detail));
  }
  if (strategy === OLDEST && emulationVersion === '') {
    errors.push(required('spec.emulationVersion', `must be specified when \`strategy\` is '${OLDEST}'`));
  }
  addFindings(errors, validateStrategy(strategy, 'spec.strategy'));
  return errors;
}

function validateStrategy(strategy: string, at: string): FieldError[] {
  // That it is required is the schema's to say.
  if (strategy === '' || strategy === OLDEST) return [];
  return strategy.includes('/')
    ? problemsAt(at, strategy, labelKeyProblems(strategy))
    : [notSupported(at, strategy, [OLDEST])];
}

type Version = readonly [major: number, minor: number, patch: number];

function versionAt(text: string, at: string, errors: FieldError[]): Version | undefined {
  if (text === '') return undefined;
  const match = SEMANTIC_VERSION.exec(text);
  if (match === null) {
    errors.push(invalid(at, text, 'must be a valid semantic version'));
    return undefined;
  }
  return [Number(match[1]), Number(match[2]), Number(match[3])];
}

function isOlder(one: Version, other: Version): boolean {
  const at = one.findIndex((part, index) => part !== other[index]);
  return at >= 0 && (one[at] ?? 0) < (other[at] ?? 0);
}
