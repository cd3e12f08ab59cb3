// The query of a log request, as the API server passes it on. Pure.

export interface LogQuery {
  readonly follow: boolean;
  readonly previous: boolean;
  readonly timestamps: boolean;
  readonly tailLines: number | undefined;
  readonly limitBytes: number | undefined;
  readonly sinceSeconds: number | undefined;
  readonly sinceTimeMs: number | undefined;
}

export interface LogRequest extends LogQuery {
  readonly namespace: string;
  readonly pod: string;
  readonly container: string;
}

/** The query, or what is wrong with it. */
export function parseLogQuery(query: URLSearchParams): LogQuery | string {
  const flag = (name: string): boolean => ['true', '1', 'True', 'TRUE', 't'].includes(query.get(name) ?? '');
  const problems: string[] = [];
  const count = (name: string, least: number): number | undefined => {
    const text = query.get(name);
    if (text === null || text === '') return undefined;
    const value = Number(text);
    if (/^\d+$/.test(text) && value >= least && Number.isSafeInteger(value)) return value;
    problems.push(`${name}: Invalid value: "${text}": must be a whole number greater than or equal to ${least}`);
    return undefined;
  };
  const sinceTime = query.get('sinceTime');
  const sinceTimeMs = sinceTime === null ? undefined : Date.parse(sinceTime);
  if (Number.isNaN(sinceTimeMs)) problems.push(`sinceTime: Invalid value: "${sinceTime}"`);
  const result: LogQuery = {
    follow: flag('follow'),
    previous: flag('previous'),
    timestamps: flag('timestamps'),
    tailLines: count('tailLines', 0),
    limitBytes: count('limitBytes', 1),
    sinceSeconds: count('sinceSeconds', 1),
    sinceTimeMs,
  };
  return problems[0] ?? result;
}
