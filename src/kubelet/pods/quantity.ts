// Kubernetes' quantities as plain numbers, for figures that the runtime is given. Figures that are none count as absent:
// validation has refused them before.
import { milliValue as exactMilliValue, parseQuantity } from '../../api/index.ts';

const NANOS = 1e9;

export function quantityValue(text: string | undefined): number | undefined {
  const quantity = text === undefined ? undefined : parseQuantity(text);
  return quantity === undefined ? undefined : Number(quantity.nanos) / NANOS;
}

/** Thousandths, rounded up. */
export function milliValue(text: string | undefined): number | undefined {
  const quantity = text === undefined ? undefined : parseQuantity(text);
  return quantity === undefined ? undefined : exactMilliValue(quantity);
}
