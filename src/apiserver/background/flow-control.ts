// The objects of priority and fairness that every cluster has. The mandatory ones are kept as they are meant to be; those that are
// suggested follow this version of the server until an operator says otherwise, by their annotation or by changing them.
import {
  AUTO_UPDATE_ANNOTATION,
  cloneJson,
  EXEMPT,
  equalJson,
  type FlowSchema,
  type KubeObject,
  MANDATORY_FLOW_CONTROL,
  type PriorityLevelConfiguration,
  SUGGESTED_FLOW_CONTROL,
} from '../../api/index.ts';

type FlowControlObject = FlowSchema | PriorityLevelConfiguration;

export interface BuiltInObject {
  readonly plural: string;
  readonly object: FlowControlObject;
  readonly isMandatory: boolean;
}

/** Levels before the schemas that name them. */
export const FLOW_CONTROL_STEPS: readonly (readonly BuiltInObject[])[] = [
  builtIn('prioritylevelconfigurations', MANDATORY_FLOW_CONTROL.levels, SUGGESTED_FLOW_CONTROL.levels),
  builtIn('flowschemas', MANDATORY_FLOW_CONTROL.schemas, SUGGESTED_FLOW_CONTROL.schemas),
];

function builtIn(
  plural: string,
  mandatory: readonly FlowControlObject[],
  suggested: readonly FlowControlObject[],
): readonly BuiltInObject[] {
  return [
    ...mandatory.map((object) => ({ plural, object, isMandatory: true })),
    ...suggested.map((object) => ({ plural, object, isMandatory: false })),
  ];
}

/** What a stored object is to become; undefined when it is well as it is. */
export function keptUpToDate(stored: KubeObject, { object, isMandatory }: BuiltInObject): KubeObject | undefined {
  const old = stored as FlowControlObject;
  const follows = isMandatory || followsServer(old);
  const marked = annotationOf(old) === follows;
  const spec = follows ? specOf(object, old) : old.spec;
  if (marked && equalJson(spec, old.spec)) return undefined;
  const next = cloneJson(old) as { metadata?: KubeObject['metadata']; spec?: unknown };
  next.metadata ??= {};
  if (!marked) next.metadata.annotations = { ...next.metadata.annotations, [AUTO_UPDATE_ANNOTATION]: String(follows) };
  next.spec = cloneJson(spec);
  return next as KubeObject;
}

/** Unless its annotation says so, whether nobody has changed it. */
function followsServer(old: FlowControlObject): boolean {
  return annotationOf(old) ?? old.metadata?.generation === 1;
}

/** Undefined: there is none, or it says neither. */
function annotationOf({ metadata }: FlowControlObject): boolean | undefined {
  const value = metadata?.annotations?.[AUTO_UPDATE_ANNOTATION] ?? '';
  if (/^(?:1|t|T|true|TRUE|True)$/.test(value)) return true;
  return /^(?:0|f|F|false|FALSE|False)$/.test(value) ? false : undefined;
}

/** How much the exempt level counts is the operator's to say. */
function specOf(meant: FlowControlObject, old: FlowControlObject): unknown {
  if (meant.metadata?.name !== EXEMPT || old.spec === undefined || !('exempt' in old.spec)) return meant.spec;
  return { ...meant.spec, exempt: old.spec.exempt };
}
