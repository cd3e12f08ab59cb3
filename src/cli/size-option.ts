// Options that are a size in bytes, written as Kubernetes writes quantities.
import { isWhole, parseQuantity, wholeValue } from '../api/index.ts';
import { UserError } from '../lib/index.ts';

/** Bytes; throws UserError (exit code 2) for what is no size. Limits are for others to check. */
export function sizeInBytes(option: string, text: string): number {
  const quantity = parseQuantity(text);
  if (quantity !== undefined && quantity.nanos >= 0n && isWhole(quantity)) return wholeValue(quantity);
  throw new UserError(
    `${option} is ${JSON.stringify(text)}, which is not a size`,
    `Give ${option} a number of bytes, or a quantity such as 64Mi, 1Gi or 500M.`,
    { exitCode: 2 },
  );
}
