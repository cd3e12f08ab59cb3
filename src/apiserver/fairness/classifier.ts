// From a request to its flow: the first flow schema that matches says at which level it waits, and what tells its flows apart.
// Which schemas concern a user at all is found out once for each; a request then asks the few that do.
import { CATCH_ALL } from '../../api/index.ts';
import { assert } from '../../lib/index.ts';
import { FLOWS_REMEMBERED } from '../limits.ts';
import type { UserInfo } from '../options.ts';
import type { RequestInfo } from '../request-info/parse.ts';
import type { FlowStats, FlowStatsTable } from './flow-stats.ts';
import type { Level } from './level.ts';
import { matcherFor, type RequestMatcher } from './match.ts';
import type { SchemaPlan } from './plan.ts';
import { deal, flowHash, type Hand } from './shuffle.ts';

/** What requests share that wait for each other first. */
export interface Flow {
  readonly level: Level;
  readonly hand: Hand;
  readonly stats: FlowStats;
  /** Of the answer: which schema and level it was, by uid. Undefined while these are not stored. */
  readonly headers: Readonly<Record<string, string>> | undefined;
}

export interface Classifier {
  flowOf(user: UserInfo, info: RequestInfo): Flow;
}

export function createClassifier(
  schemas: readonly SchemaPlan[],
  levels: ReadonlyMap<string, Level>,
  table: FlowStatsTable,
): Classifier {
  const kinds = schemas.map((schema) => schemaFlows(schema, levels, table));
  const users = new WeakMap<UserInfo, (info: RequestInfo) => Flow>();
  const learn = (user: UserInfo): ((info: RequestInfo) => Flow) => {
    const candidates: Candidate[] = [];
    for (const kind of kinds) {
      const matches = matcherFor(user, kind.schema.rules);
      if (matches !== undefined) candidates.push({ matches, flow: kind.flowsOf(user) });
    }
    const rest = kinds.find(({ schema }) => schema.name === CATCH_ALL);
    assert(rest !== undefined, 'there is always a flow schema that catches all');
    const first = firstOf(candidates, { matches: () => true, flow: rest.flowsOf(user) });
    const flowOf = candidates.length > FEW ? remembering(first) : first;
    users.set(user, flowOf);
    return flowOf;
  };
  return { flowOf: (user, info) => (users.get(user) ?? learn(user))(info) };
}

/** So many schemas are asked sooner than a request is looked up. */
const FEW = 8;

function firstOf(candidates: readonly Candidate[], last: Candidate): (info: RequestInfo) => Flow {
  return (info) => {
    for (const { matches, flow } of candidates) if (matches(info)) return flow(info);
    return last.flow(info);
  };
}

/** What is told apart by rules alone is asked once. */
function remembering(first: (info: RequestInfo) => Flow): (info: RequestInfo) => Flow {
  const known = new Map<string, Flow>();
  return (info) => {
    if (info.kind !== 'resource') return first(info);
    const key = `${info.verb} ${info.group}/${info.resource}/${info.subresource} ${info.namespace}`;
    const found = known.get(key);
    if (found !== undefined) return found;
    const flow = first(info);
    if (known.size >= FLOWS_REMEMBERED) known.clear();
    known.set(key, flow);
    return flow;
  };
}

/** A flow schema as it concerns one user. */
interface Candidate {
  readonly matches: RequestMatcher;
  readonly flow: (info: RequestInfo) => Flow;
}

interface SchemaFlows {
  readonly schema: SchemaPlan;
  flowsOf(user: UserInfo): Candidate['flow'];
}

function schemaFlows(schema: SchemaPlan, levels: ReadonlyMap<string, Level>, table: FlowStatsTable): SchemaFlows {
  const level = levels.get(schema.level);
  assert(level !== undefined, 'a flow schema in use has its level');
  const { rule, uid } = level.plan;
  const stats = table.of(level.plan.name, schema.name);
  const headers = schema.uid === '' || uid === '' ? undefined : { [SCHEMA_HEADER]: schema.uid, [LEVEL_HEADER]: uid };
  const flows = new Map<string, Flow>();
  const flowOf = (distinguisher: string): Flow => {
    const known = flows.get(distinguisher);
    if (known !== undefined) return known;
    const hand = rule.kind === 'queue' ? deal(flowHash(schema.name, distinguisher), rule.queues, rule.handSize) : [];
    const made: Flow = { level, hand, stats, headers };
    // Names of namespaces are the client's, and may be nonsense without end.
    if (flows.size >= FLOWS_REMEMBERED) flows.clear();
    flows.set(distinguisher, made);
    return made;
  };
  return {
    schema,
    flowsOf(user) {
      if (schema.distinguisher === 'ByNamespace')
        return (info) => flowOf(info.kind === 'resource' ? info.namespace : '');
      const flow = flowOf(schema.distinguisher === 'ByUser' ? user.name : '');
      return () => flow;
    },
  };
}

const SCHEMA_HEADER = 'x-kubernetes-pf-flowschema-uid';
const LEVEL_HEADER = 'x-kubernetes-pf-prioritylevel-uid';
