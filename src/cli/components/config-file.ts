// Reads what a component's process is told, and follows it while servers come and go. The files are written by `up`; a
// person may write one, too.
import { existsSync, readFileSync, statSync } from 'node:fs';
import {
  CONFIG_AWAITED_CHECK_MS,
  CONFIG_AWAITED_LIMIT_MS,
  CONFIG_CHECK_MS,
  type ComponentConfig,
} from '../../../cluster/index.ts';
import { messageOf, onBeat, sleep, UserError } from '../../lib/index.ts';
import type { Environment } from '../environment.ts';

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

/** Resolves when the file is there, or nobody can be expected to write it any more. */
export async function awaitConfig(file: string, { clock, signal }: Environment): Promise<void> {
  const deadlineMs = clock.monotonic() + CONFIG_AWAITED_LIMIT_MS;
  while (!existsSync(file) && !signal.aborted && clock.monotonic() < deadlineMs)
    await sleep(clock, CONFIG_AWAITED_CHECK_MS, signal);
}

/** Calls back with each new content of a configuration, until the environment's signal aborts. */
export function followConfig<Kind extends ComponentConfig['kind']>(
  file: string,
  kind: Kind,
  { clock, logger, signal }: Environment,
  changed: (config: Extract<ComponentConfig, { kind: Kind }>) => void,
): void {
  // A process that was told to end while it started has no use for news, and a timer would keep it from ending.
  if (signal.aborted) return;
  let seen = versionOf(file);
  const timer = onBeat(clock, CONFIG_CHECK_MS, () => {
    const now = versionOf(file);
    // Gone: its server is being removed, and this process ends soon.
    if (now === undefined || now === seen) return;
    seen = now;
    try {
      changed(readConfig(file, kind));
    } catch (error) {
      logger.warn({ file, error: messageOf(error) }, 'a changed configuration cannot be used: the old one stays');
    }
  });
  signal.addEventListener('abort', () => timer.cancel(), { once: true });
}

function versionOf(file: string): string | undefined {
  const stat = statSync(file, { throwIfNoEntry: false });
  return stat === undefined ? undefined : `${stat.ino} ${stat.mtimeMs} ${stat.size}`;
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
