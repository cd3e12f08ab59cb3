// What etcd 3.4 reaches on this kind of machine, measured beforehand with three members, no TLS and a closed-loop Go client.
// A run in which it is more than a fifth below that says more of the hour than of the systems, and is void.
import type { Row } from '../report/types.ts';

const KNOWN: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  'create/64': { 'bare put': 5_700, transaction: 3_000 },
  'create/256': { 'bare put': 9_300, transaction: 3_700 },
  'get/64': { linearizable: 7_100 },
  'get/256': { linearizable: 7_800 },
  'watch/100': { '': 70_000 },
  'watch/1000': { '': 283_000 },
};
const SHORTFALL = 0.2;

/** The row, marked void where etcd was too slow. */
export function judged(row: Row): Row {
  const known = KNOWN[row.id] ?? {};
  const slow = row.sides.filter(
    ({ who, what, value }) => who === 'etcd' && value.median < (known[what] ?? 0) * (1 - SHORTFALL),
  );
  if (slow.length === 0) return row;
  const said = slow.map(
    ({ what, value }) => `etcd ${what} made ${Math.round(value.median)} of the ${known[what]} it is known for`,
  );
  return { ...row, voidBecause: said.join('; ') };
}
