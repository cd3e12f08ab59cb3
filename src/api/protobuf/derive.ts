// Build step: from the field numbers in facts/protobuf.json the messages that the served types reach, joined with what the
// JSON schema knows: which embedded messages lie flat in JSON, and which fields are required.
import facts from '../facts/protobuf.json' with { type: 'json' };
import requiredFields from '../facts/required.json' with { type: 'json' };
import type { FieldPlace, MessageTable } from './messages.ts';
import { isSpecialMessage } from './special.ts';

type FieldFact = readonly [number: number, type: string, repeated?: string];
const MESSAGES = facts.types as unknown as Readonly<Record<string, Readonly<Record<string, FieldFact>>>>;
const REQUIRED = requiredFields.types as Readonly<Record<string, readonly string[]>>;

/**
 * Optional fields that are pointers in Kubernetes' Go types, and whose zero is therefore a value: a deployment of no
 * replicas, a pod without grace. (The wire form alone does not tell them from fields that were never set.)
 */
const POINTERS = new Set([
  'activeDeadlineSeconds',
  'allocateLoadBalancerNodePorts',
  'allowPrivilegeEscalation',
  'automountServiceAccountToken',
  'backoffLimit',
  'backoffLimitPerIndex',
  'blockOwnerDeletion',
  'bool',
  'completions',
  'controller',
  'defaultMode',
  'deletionGracePeriodSeconds',
  'enableServiceLinks',
  'expirationSeconds',
  'failedJobsHistoryLimit',
  'fsGroup',
  'gracePeriodSeconds',
  'immutable',
  'int',
  'leaseDurationSeconds',
  'leaseTransitions',
  'maxFailedIndexes',
  'maxSurge',
  'maxUnavailable',
  'minReplicas',
  'mode',
  'optional',
  'orphanDependents',
  'parallelism',
  'priority',
  'privileged',
  'progressDeadlineSeconds',
  'readOnlyRootFilesystem',
  'ready',
  'replicas',
  'revisionHistoryLimit',
  'runAsGroup',
  'runAsNonRoot',
  'runAsUser',
  'serving',
  'setHostnameAsFQDN',
  'shareProcessNamespace',
  'started',
  'stabilizationWindowSeconds',
  'startingDeadlineSeconds',
  'succeededCount',
  'successfulJobsHistoryLimit',
  'string',
  'terminating',
  'terminationGracePeriodSeconds',
  'tolerationSeconds',
  'ttlSecondsAfterFinished',
]);

/** `jsonFields` answers the JSON fields of a type by its public name, or undefined when it is not served. */
export function deriveMessages(
  typeNames: readonly string[],
  jsonFields: (typeName: string) => readonly string[] | undefined,
): MessageTable {
  const table: Record<string, Record<string, FieldPlace>> = {};
  const reach = (message: string): void => {
    const fields = MESSAGES[message];
    if (fields === undefined || table[message] !== undefined || isSpecialMessage(message)) return;
    const places: Record<string, FieldPlace> = {};
    table[message] = places;
    const typeName = publicName(message);
    for (const [name, fact] of Object.entries(fields)) {
      const place = placeOf(name, fact, message, jsonFields(typeName), REQUIRED[typeName] ?? []);
      if (place === undefined) continue;
      places[fact[0]] = place;
      reach(place.type);
    }
  };
  for (const name of typeNames) reach(messageName(name));
  return table;
}

function placeOf(
  name: string,
  [, factType, repeated]: FieldFact,
  message: string,
  json: readonly string[] | undefined,
  required: readonly string[],
): FieldPlace | undefined {
  const map = /^map<string,\.?(.+)>$/.exec(factType);
  const type = resolve(map?.[1] ?? factType, message);
  const inJson = json === undefined || json.includes(name);
  if (!inJson && (MESSAGES[type] === undefined || isSpecialMessage(type))) return undefined;
  const shape = map !== null ? 'map' : repeated !== undefined ? 'list' : inJson ? 'one' : 'inline';
  return { name, type, shape, keepsZero: required.includes(name) || POINTERS.has(name) };
}

/** Short names of maps' values mean the package of the message they stand in. */
function resolve(type: string, message: string): string {
  const beside = `${message.slice(0, message.lastIndexOf('.'))}.${type}`;
  return MESSAGES[type] === undefined && MESSAGES[beside] !== undefined ? beside : type;
}

/** io.k8s.api.core.v1.Pod → k8s.io.api.core.v1.Pod */
function messageName(typeName: string): string {
  return typeName.replace(/^io\.k8s\./, 'k8s.io.');
}

function publicName(message: string): string {
  return message.replace(/^k8s\.io\./, 'io.k8s.');
}
