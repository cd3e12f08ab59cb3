// What may stand in the schedule of a cron job: five fields, or a descriptor such as @daily or `@every 1h30m`, as
// Kubernetes' own parser (robfig/cron) reads them, and with its words for what it does not read.

interface Bounds {
  readonly min: number;
  readonly max: number;
  readonly names: readonly string[];
}

/** minute, hour, day of month, month, day of week; a name counts from the minimum. */
const FIELDS: readonly Bounds[] = [
  { min: 0, max: 59, names: [] },
  { min: 0, max: 23, names: [] },
  { min: 1, max: 31, names: [] },
  { min: 1, max: 12, names: ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'] },
  { min: 0, max: 6, names: ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'] },
];

const DESCRIPTORS = ['@yearly', '@annually', '@monthly', '@weekly', '@daily', '@midnight', '@hourly'];
const EVERY = '@every ';

/** What is wrong with a schedule; undefined for a valid one. */
export function cronScheduleProblem(schedule: string): string | undefined {
  if (schedule === '') return 'empty spec string';
  const prefix = /^(?:CRON_)?TZ=([^ ]*)(.*)$/s.exec(schedule);
  if (prefix === null) return problemWithoutZone(schedule);
  const [, zone = '', rest = ''] = prefix;
  if (!isKnownTimeZone(zone)) return `provided bad location ${zone}: unknown time zone ${zone}`;
  return problemWithoutZone(rest.trim());
}

function problemWithoutZone(schedule: string): string | undefined {
  if (schedule.startsWith('@')) return descriptorProblem(schedule);
  const fields = schedule.split(/\s+/).filter((field) => field !== '');
  if (fields.length !== FIELDS.length)
    return `expected exactly ${FIELDS.length} fields, found ${fields.length}: [${fields.join(' ')}]`;
  for (const [index, bounds] of FIELDS.entries()) {
    for (const range of (fields[index] ?? '').split(',')) {
      const problem = range === '' ? undefined : rangeProblem(range, bounds);
      if (problem !== undefined) return problem;
    }
  }
  return undefined;
}

function descriptorProblem(descriptor: string): string | undefined {
  if (DESCRIPTORS.includes(descriptor)) return undefined;
  if (!descriptor.startsWith(EVERY)) return `unrecognized descriptor: ${descriptor}`;
  const problem = durationProblem(descriptor.slice(EVERY.length));
  return problem === undefined ? undefined : `failed to parse duration ${descriptor}: ${problem}`;
}

/** `*`, `3`, `1-5`, each with `/step`: `3/5` is every fifth from 3 on. */
function rangeProblem(range: string, { min, max, names }: Bounds): string | undefined {
  const [span = '', ...steps] = range.split('/');
  const limits = span.split('-');
  let start = min;
  let end = max;
  if (limits[0] !== '*' && limits[0] !== '?') {
    if (limits.length > 2) return `too many hyphens: ${range}`;
    const numbers: number[] = [];
    for (const limit of limits) {
      const number = parseNumber(limit, names, min);
      if (typeof number === 'string') return number;
      numbers.push(number);
    }
    start = numbers[0] ?? min;
    end = numbers[1] ?? (steps.length === 1 ? max : start);
  }
  if (steps.length > 1) return `too many slashes: ${range}`;
  const step = steps.length === 0 ? 1 : parseNumber(steps[0] ?? '', [], 0);
  if (typeof step === 'string') return step;
  if (start < min) return `beginning of range (${start}) below minimum (${min}): ${range}`;
  if (end > max) return `end of range (${end}) above maximum (${max}): ${range}`;
  if (start > end) return `beginning of range (${start}) beyond end of range (${end}): ${range}`;
  return step === 0 ? `step of range should be a positive number: ${range}` : undefined;
}

/** A number of the field, or the problem. */
function parseNumber(text: string, names: readonly string[], first: number): number | string {
  const name = names.indexOf(text.toLowerCase());
  if (name !== -1) return first + name;
  const failed = `failed to parse int from ${text}: strconv.Atoi: parsing ${JSON.stringify(text)}`;
  if (!/^[+-]?\d+$/.test(text)) return `${failed}: invalid syntax`;
  const number = Number(text);
  if (Math.abs(number) > 2 ** 63) return `${failed}: value out of range`;
  return number < 0 ? `negative number (${number}) not allowed: ${text}` : number;
}

const DURATION_UNITS = ['ns', 'us', 'µs', 'μs', 'ms', 's', 'm', 'h'];

/** Go's durations: `1h30m`, `1.5h`, `-10s`, `0`. */
function durationProblem(duration: string): string | undefined {
  const quoted = JSON.stringify(duration);
  let rest = duration.replace(/^[+-]/, '');
  if (rest === '0') return undefined;
  if (rest === '') return `time: invalid duration ${quoted}`;
  while (rest !== '') {
    const [number = ''] = /^[\d.]*/.exec(rest) ?? [];
    if (!/^(?:\d+\.?\d*|\.\d+)$/.test(number)) return `time: invalid duration ${quoted}`;
    const [unit = ''] = /^[^\d.]*/.exec(rest.slice(number.length)) ?? [];
    if (unit === '') return `time: missing unit in duration ${quoted}`;
    if (!DURATION_UNITS.includes(unit)) return `time: unknown unit ${JSON.stringify(unit)} in duration ${quoted}`;
    rest = rest.slice(number.length + unit.length);
  }
  return undefined;
}

/** A name of the time zone database; offsets such as +01:00 are none. */
export function isKnownTimeZone(zone: string): boolean {
  if (/^[+-]/.test(zone)) return false;
  try {
    return zone !== '' && new Intl.DateTimeFormat('en', { timeZone: zone }) !== undefined;
  } catch {
    return false;
  }
}
