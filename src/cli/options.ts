// Options that several commands share, and how their values are read.
import { InvalidArgumentError, Option } from 'commander';
import type { FeatureGates } from '../api/index.ts';

const DEFAULT_DATA_DIR = './.quorate';

export function dataDirOption(): Option {
  return new Option('--data-dir <folder>', 'where the cluster keeps everything').default(DEFAULT_DATA_DIR);
}

export function outputOption(): Option {
  return new Option('--output <form>', 'how to print').choices(['text', 'json']).default('text');
}

/** Given several times, the lists add up. What they say is for gatesOf to understand. */
export function featureGatesOption(): Option {
  return new Option(
    '--feature-gates <list>',
    "API versions besides the stable ones, by Kubernetes' feature names, as AllBeta=true,GenericWorkload=true; '' is none (a new cluster: none)",
  ).argParser((text: string, former: string | undefined) => (former === undefined ? text : `${former},${text}`));
}

/** Undefined where the flag was not given. Throws UserError (exit code 2). */
export async function gatesOf(text: string | undefined): Promise<FeatureGates | undefined> {
  if (text === undefined) return undefined;
  const { parseFeatureGates } = await import('../api/index.ts');
  return parseFeatureGates(text);
}

/** Parses an option that is a whole number; commander names the option in the message. */
export function wholeNumber(text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new InvalidArgumentError('It must be a whole number.');
  return Number(text);
}
