// Reads what a component's process is told. The files are written by `up`; a person may write one, too.
import { readFileSync } from 'node:fs';
import type { ComponentConfig } from '../../../cluster/index.ts';
import { messageOf, UserError } from '../../lib/index.ts';

/** The configuration in a file. Throws UserError when it is not one of the kind that the command needs. */
export function readConfig<Kind extends ComponentConfig['kind']>(
  file: string,
  kind: Kind,
): Extract<ComponentConfig, { kind: Kind }> {
  let value: unknown;
  try {
    value = JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    throw new UserError(`${file} cannot be read: ${messageOf(error)}`, 'Give --config a file that `quorate up` wrote.');
  }
  if (typeof value === 'object' && value !== null && 'kind' in value && value.kind === kind) {
    return value as Extract<ComponentConfig, { kind: Kind }>;
  }
  throw new UserError(`${file} is not the configuration of a ${kind}`, 'Give --config a file that `quorate up` wrote.');
}

/** A text file that a configuration names. Throws UserError. */
export function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new UserError(
      `${file} cannot be read: ${messageOf(error)}`,
      'Run `quorate up` again: it makes what is missing.',
    );
  }
}
