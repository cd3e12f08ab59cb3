// The indexes of an indexed job as text, `0,3-5,7`: increasing, without overlap, each below the number of completions.

/** How many indexes `text` names, or what is wrong with it. */
export function parseIndexes(text: string, completions: number): number | string {
  if (text === '') return 0;
  let total = 0;
  let previous: number | undefined;
  for (const interval of text.split(',')) {
    const parsed = parseInterval(interval, completions);
    if (typeof parsed === 'string') return parsed;
    const [first, last] = parsed;
    if (previous !== undefined && previous >= first)
      return `non-increasing order, previous: ${previous}, current: ${first}`;
    total += last - first + 1;
    previous = last;
  }
  return total;
}

function parseInterval(interval: string, completions: number): readonly [number, number] | string {
  const limits = interval.split('-');
  if (limits.length > 2)
    return `the fragment ${JSON.stringify(interval)} violates the requirement that an index interval can have at most two parts separated by '-'`;
  const numbers: number[] = [];
  for (const limit of limits) {
    if (!/^\+?\d{1,10}$/.test(limit)) return `cannot convert string to integer for index: ${JSON.stringify(limit)}`;
    const index = Number(limit);
    if (index >= completions) return `too large index: ${JSON.stringify(limit)}`;
    numbers.push(index);
  }
  const [first = 0, last] = numbers;
  if (last === undefined) return [first, first];
  return first >= last ? `non-increasing order, previous: ${first}, current: ${last}` : [first, last];
}
