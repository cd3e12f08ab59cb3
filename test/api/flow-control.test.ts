// FlowSchemas and PriorityLevelConfigurations: what is filled in, what is refused with which words, and what of the mandatory ones
// cannot be changed.
import { describe, expect, test } from 'vitest';
import {
  type FlowSchema,
  MANDATORY_FLOW_CONTROL,
  type PriorityLevelConfiguration,
  SUGGESTED_FLOW_CONTROL,
} from '../../src/api/index.ts';
import { defined } from '../../src/lib/index.ts';
import { created, failureOf, resource, updated } from './support.ts';

const SCHEMAS = resource('flowcontrol.apiserver.k8s.io', 'flowschemas');
const LEVELS = resource('flowcontrol.apiserver.k8s.io', 'prioritylevelconfigurations');

const ANY = ['*'];
const everything = { verbs: ANY, apiGroups: ANY, resources: ANY, namespaces: ANY, clusterScope: true };
const alice = { kind: 'User', user: { name: 'alice' } };
const rule = (more: object = {}): object => ({ subjects: [alice], resourceRules: [everything], ...more });
const schemaOf = (spec: object = {}, name = 'fs'): object => ({
  metadata: { name },
  spec: { priorityLevelConfiguration: { name: 'global-default' }, rules: [rule()], ...spec },
});
const levelOf = (limited: object | undefined, more: object = {}, name = 'pl'): object => ({
  metadata: { name },
  spec: { type: 'Limited', ...(limited === undefined ? {} : { limited }), ...more },
});
const queue = (queuing: object): object => ({ limitResponse: { type: 'Queue', queuing } });

function findings(run: () => unknown): string[] {
  return (failureOf(run).status.details?.causes ?? []).map(({ field, message }) => `${field}: ${message}`);
}

describe('what is left out', () => {
  test('of a flow schema is a precedence in the middle', () => {
    const schema = created<FlowSchema>(SCHEMAS, schemaOf());
    expect(schema.spec?.matchingPrecedence).toBe(1000);
    expect(schema.status).toEqual({});
    expect(schema.metadata?.generation).toBe(1);
  });

  test('of a level are shares and queues, but shares of 0 are meant', () => {
    const level = created<PriorityLevelConfiguration>(LEVELS, levelOf(queue({})));
    expect(level.spec?.limited).toEqual({
      nominalConcurrencyShares: 30,
      lendablePercent: 0,
      limitResponse: { type: 'Queue', queuing: { queues: 64, handSize: 8, queueLengthLimit: 50 } },
    });
    const jail = created<PriorityLevelConfiguration>(LEVELS, levelOf({ ...queue({}), nominalConcurrencyShares: 0 }));
    expect(jail.spec?.limited?.nominalConcurrencyShares).toBe(0);
  });

  test('of the built-in objects is nothing', () => {
    for (const { schemas, levels } of [MANDATORY_FLOW_CONTROL, SUGGESTED_FLOW_CONTROL]) {
      for (const object of schemas) expect(created<FlowSchema>(SCHEMAS, object).spec).toEqual(object.spec);
      for (const object of levels)
        expect(created<PriorityLevelConfiguration>(LEVELS, object).spec).toEqual(object.spec);
    }
  });
});

describe('a flow schema is refused', () => {
  test.each<[string, object, string]>([
    ['spec.matchingPrecedence', { matchingPrecedence: -1 }, 'Invalid value: -1: must be a positive value'],
    ['spec.matchingPrecedence', { matchingPrecedence: 10_001 }, 'Invalid value: 10001: must not be greater than 10000'],
    [
      'spec.matchingPrecedence',
      { matchingPrecedence: 1 },
      "Invalid value: 1: only the schema named 'exempt' may have matchingPrecedence 1",
    ],
    [
      'spec.distinguisherMethod.type',
      { distinguisherMethod: { type: 'ByMood' } },
      'Unsupported value: {"type":"ByMood"}: supported values: "ByNamespace", "ByUser"',
    ],
    [
      'spec.priorityLevelConfiguration.name',
      { priorityLevelConfiguration: { name: '' } },
      'Required value: must reference a priority level',
    ],
    [
      'spec.rules[0].subjects',
      { rules: [rule({ subjects: [] })] },
      'Required value: subjects must contain at least one value',
    ],
    [
      'spec.rules[0]',
      { rules: [rule({ resourceRules: [] })] },
      'Required value: at least one of resourceRules and nonResourceRules has to be non-empty',
    ],
    [
      'spec.rules[0].subjects[0].kind',
      { rules: [rule({ subjects: [{ kind: 'Cat' }] })] },
      'Unsupported value: "Cat": supported values: "Group", "ServiceAccount", "User"',
    ],
    [
      'spec.rules[0].subjects[0].group',
      { rules: [rule({ subjects: [{ kind: 'Group' }] })] },
      "Required value: group is required when subject kind is 'Group'",
    ],
    [
      'spec.rules[0].subjects[0].group',
      { rules: [rule({ subjects: [{ ...alice, group: { name: 'g' } }] })] },
      "Forbidden: group is forbidden when subject kind is not 'Group'",
    ],
    [
      'spec.rules[0].subjects[0].serviceAccount.namespace',
      { rules: [rule({ subjects: [{ kind: 'ServiceAccount', serviceAccount: { name: '*', namespace: '' } }] })] },
      'Required value: must specify namespace for service account',
    ],
    [
      'spec.rules[0].resourceRules[0].verbs',
      { rules: [rule({ resourceRules: [{ ...everything, verbs: ['*', 'get'] }] })] },
      `Invalid value: ["*","get"]: if '*' is present, must not specify other verbs`,
    ],
    [
      'spec.rules[0].resourceRules[0].verbs',
      { rules: [rule({ resourceRules: [{ ...everything, verbs: ['fetch'] }] })] },
      'Unsupported value: ["fetch"]: supported values: "create", "delete", "deletecollection", "get", "list", "patch", "proxy", "update", "watch"',
    ],
    [
      'spec.rules[0].resourceRules[0].namespaces',
      { rules: [rule({ resourceRules: [{ ...everything, namespaces: [], clusterScope: false }] })] },
      'Required value: resource rules that are not cluster scoped must supply at least one namespace',
    ],
    [
      'spec.rules[0].nonResourceRules[0].nonResourceURLs[0]',
      { rules: [rule({ nonResourceRules: [{ verbs: ANY, nonResourceURLs: ['healthz'] }] })] },
      'Invalid value: "healthz": must start with slash',
    ],
    [
      'spec.rules[0].nonResourceRules[0].nonResourceURLs[0]',
      { rules: [rule({ nonResourceRules: [{ verbs: ANY, nonResourceURLs: ['/a*'] }] })] },
      'Invalid value: "/a*": wildcard can only do suffix matching',
    ],
  ])('for %s of %j', (field, spec, message) => {
    expect(findings(() => created(SCHEMAS, schemaOf(spec)))).toEqual([`${field}: ${message}`]);
  });
});

describe('a priority level is refused', () => {
  test.each<[string, object, string[]]>([
    ['without a limit', levelOf(undefined), ['spec.limited: Required value: must not be empty when type is Limited']],
    [
      'of an unknown type',
      { metadata: { name: 'pl' }, spec: { type: 'Open' } },
      ['spec.type: Unsupported value: "Open": supported values: "Exempt", "Limited"'],
    ],
    [
      'that would be exempt',
      { metadata: { name: 'pl' }, spec: { type: 'Exempt', exempt: {} } },
      [`spec.type: Invalid value: "Exempt": type must be 'Exempt' if and only if name is 'exempt'`],
    ],
    [
      'of negative shares',
      levelOf({ ...queue({}), nominalConcurrencyShares: -1 }),
      ['spec.limited.nominalConcurrencyShares: Invalid value: -1: must be a non-negative integer'],
    ],
    [
      'that lends more than it has',
      levelOf({ ...queue({}), lendablePercent: 101 }),
      ['spec.limited.lendablePercent: Invalid value: 101: must be between 0 and 100, inclusive'],
    ],
    [
      'that borrows less than nothing',
      levelOf({ ...queue({}), borrowingLimitPercent: -1 }),
      ['spec.limited.borrowingLimitPercent: Invalid value: -1: if specified, must be a non-negative integer'],
    ],
    [
      'whose hand is larger than its deck',
      levelOf(queue({ queues: 4, handSize: 5 })),
      ['spec.limited.limitResponse.queuing.handSize: Invalid value: 5: should not be greater than queues (4)'],
    ],
    [
      'whose hands no hash can tell apart',
      levelOf(queue({ queues: 512, handSize: 8 })),
      [
        'spec.limited.limitResponse.queuing.handSize: Invalid value: 8: required entropy bits of deckSize 512 and handSize 8 should not be greater than 60',
      ],
    ],
    [
      'that refuses and yet has queues',
      levelOf({ limitResponse: { type: 'Reject', queuing: {} } }),
      ['spec.limited.limitResponse.queuing: Forbidden: must be nil if limited.limitResponse.type is not Limited'],
    ],
  ])('%s', (_, body, expected) => {
    expect(findings(() => created(LEVELS, body))).toEqual(expected);
  });
});

describe('of what is mandatory', () => {
  const named = <T extends { metadata?: { name?: string } }>(objects: readonly T[], name: string): T =>
    defined(
      objects.find(({ metadata }) => metadata?.name === name),
      name,
    );

  test('neither schema changes', () => {
    for (const name of ['exempt', 'catch-all']) {
      const schema = created<FlowSchema>(SCHEMAS, named(MANDATORY_FLOW_CONTROL.schemas, name));
      const change = (object: FlowSchema): void => {
        object.spec = { ...object.spec, priorityLevelConfiguration: { name: 'system' } };
      };
      expect(failureOf(() => updated(SCHEMAS, schema, change)).message).toContain(
        `spec of '${name}' must equal the fixed value`,
      );
    }
  });

  test('the level that catches all does not change, of the exempt one only how much it counts', () => {
    const rest = created<PriorityLevelConfiguration>(LEVELS, named(MANDATORY_FLOW_CONTROL.levels, 'catch-all'));
    const more = (object: PriorityLevelConfiguration): void => {
      if (object.spec?.limited !== undefined) object.spec.limited.nominalConcurrencyShares = 50;
    };
    expect(failureOf(() => updated(LEVELS, rest, more)).message).toContain(
      "spec of 'catch-all' must equal the fixed value",
    );
    const exempt = created<PriorityLevelConfiguration>(LEVELS, named(MANDATORY_FLOW_CONTROL.levels, 'exempt'));
    const counts = updated(LEVELS, exempt, ({ spec }) => {
      if (spec?.exempt !== undefined) spec.exempt.nominalConcurrencyShares = 10;
    });
    expect(counts.metadata?.generation).toBe(2);
    const limited = (object: PriorityLevelConfiguration): void => {
      object.spec = { type: 'Limited', limited: { limitResponse: { type: 'Reject' } } };
    };
    expect(failureOf(() => updated(LEVELS, exempt, limited)).message).toContain(
      "spec of 'exempt' except the 'spec.exempt' field must equal the fixed value",
    );
  });
});
