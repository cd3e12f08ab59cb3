// IntOrString values: a number, or a percentage of some total (`maxSurge: 25%`).

export type IntOrString = number | string;

/** The percentage of `25%`; undefined for anything else. */
export function percentOf(value: IntOrString): number | undefined {
  const digits = typeof value === 'string' ? /^(\d{1,9})%$/.exec(value)?.[1] : undefined;
  return digits === undefined ? undefined : Number(digits);
}

/** `value` as a number of `total`, percentages rounded as asked. Throws RangeError when it is neither number nor percentage. */
export function scaledValue(value: IntOrString, total: number, rounding: 'up' | 'down'): number {
  if (typeof value === 'number') return value;
  const percent = percentOf(value);
  if (percent === undefined)
    throw new RangeError(`invalid value for IntOrString: ${JSON.stringify(value)} is not a percentage`);
  const exact = (percent * total) / 100;
  return rounding === 'up' ? Math.ceil(exact) : Math.floor(exact);
}
