// metav1.Time and metav1.MicroTime: RFC 3339 text, rewritten to UTC with seconds or microseconds as Kubernetes stores it.
import { SchemaError } from './normalize.ts';

const RFC3339 = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:[.,](\d+))?(Z|[+-]\d\d:\d\d)$/;
const CANONICAL_SECONDS = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/;

/** Throws SchemaError with the words of Go's time.Parse. */
export function canonicalTime(text: string, precision: 'seconds' | 'microseconds'): string {
  const match = RFC3339.exec(text);
  const epochMs = match === null ? Number.NaN : Date.parse(`${match[1] ?? ''}${match[3] ?? ''}`);
  if (match === null || Number.isNaN(epochMs) || !isRealDate(match[1] ?? '')) throw unparsable(text);
  if (precision === 'seconds' && CANONICAL_SECONDS.test(text)) return text;
  const seconds = new Date(epochMs).toISOString().slice(0, 19);
  if (precision === 'seconds') return `${seconds}Z`;
  return `${seconds}.${(match[2] ?? '').slice(0, 6).padEnd(6, '0')}Z`;
}

/** Date.parse takes the 31st of February for the 3rd of March, and 24:00 for the next day. Spelling a date to see is dear. */
function isRealDate(local: string): boolean {
  if (local.slice(8, 10) <= '28' && local.slice(11, 13) < '24') return true;
  return new Date(`${local}Z`).toISOString().slice(0, 19) === local;
}

function unparsable(text: string): SchemaError {
  const quoted = JSON.stringify(text);
  return new SchemaError(`parsing time ${quoted} as "2006-01-02T15:04:05Z07:00": cannot parse ${quoted} as "2006"`);
}
