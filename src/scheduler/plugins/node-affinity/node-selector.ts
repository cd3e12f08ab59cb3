// Node selectors (core/v1 NodeSelectorTerm) as predicates over nodes. Terms are alternatives, the requirements of a term
// hold together, and a term without requirements matches nothing.
import {
  type LabelOperator,
  type Labels,
  matcherOf,
  type Node,
  type NodeSelectorRequirement,
  type NodeSelectorTerm,
  type Served,
} from '../../../api/index.ts';

export type NodePredicate = (node: Served<Node>) => boolean;

const OPERATORS: Readonly<Record<string, LabelOperator>> = {
  In: 'in',
  NotIn: 'notin',
  Exists: 'exists',
  DoesNotExist: '!',
  Gt: 'gt',
  Lt: 'lt',
};

export function anyTerm(terms: readonly NodeSelectorTerm[]): NodePredicate {
  const predicates = terms.map(oneTerm);
  return (node) => predicates.some((matches) => matches(node));
}

export function oneTerm(term: NodeSelectorTerm): NodePredicate {
  const expressions = term.matchExpressions ?? [];
  const fields = term.matchFields ?? [];
  if (expressions.length === 0 && fields.length === 0) return () => false;
  const byLabels = compile(expressions);
  const byFields = compile(fields);
  return (node) => byLabels(node.metadata.labels) && byFields({ 'metadata.name': node.metadata.name });
}

function compile(requirements: readonly NodeSelectorRequirement[]): (values: Labels | undefined) => boolean {
  const known = requirements.map(({ key, operator, values }) => ({ key, operator: OPERATORS[operator], values }));
  // An operator that is none matches no node: validation refuses those first.
  if (known.some(({ operator }) => operator === undefined)) return () => false;
  const matcher = matcherOf(
    known.map(({ key, operator, values }) => ({ key, operator: operator ?? '=', values: values ?? [] })),
  );
  return (values) => matcher.matches(values);
}
