// Kubernetes' quantities as plain numbers, for figures that the runtime is given. The API room owns validation.

const FACTORS: Readonly<Record<string, number>> = {
  '': 1,
  n: 1e-9,
  u: 1e-6,
  m: 1e-3,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  P: 1e15,
  E: 1e18,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
  Pi: 2 ** 50,
  Ei: 2 ** 60,
};

/** The value of `500m`, `1.5Gi`, `1e3`; undefined for what is none (validation has refused it before). */
export function quantityValue(text: string | number | undefined): number | undefined {
  if (text === undefined) return undefined;
  const match = /^([+-]?(?:\d+\.?\d*|\.\d+))(?:[eE]([+-]?\d+)|([numkMGTPE]|[KMGTPE]i)?)$/.exec(String(text));
  if (match === null) return undefined;
  const exponent = match[2] === undefined ? 1 : 10 ** Number(match[2]);
  return Number(match[1]) * exponent * (FACTORS[match[3] ?? ''] ?? 1);
}

/** Thousandths, rounded up. */
export function milliValue(text: string | number | undefined): number | undefined {
  const value = quantityValue(text);
  return value === undefined ? undefined : Math.ceil(value * 1_000 - 1e-9);
}
