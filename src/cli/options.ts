// Options that several commands share, and how their values are read.
import { InvalidArgumentError, Option } from 'commander';

const DEFAULT_DATA_DIR = './.quorate';

export function dataDirOption(): Option {
  return new Option('--data-dir <folder>', 'where the cluster keeps everything').default(DEFAULT_DATA_DIR);
}

export function outputOption(): Option {
  return new Option('--output <form>', 'how to print').choices(['text', 'json']).default('text');
}

/** Parses an option that is a whole number; commander names the option in the message. */
export function wholeNumber(text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new InvalidArgumentError('It must be a whole number.');
  return Number(text);
}
