// Webhook configurations, admission policies and their bindings: defaults, what is refused, what kubectl prints.
import { describe, expect, test } from 'vitest';
import type {
  MutatingAdmissionPolicy,
  MutatingWebhookConfiguration,
  ValidatingAdmissionPolicy,
  ValidatingAdmissionPolicyBinding,
  ValidatingWebhookConfiguration,
} from '../../src/api/index.ts';
import { cellsOf, statusUpdated } from './cluster-support.ts';
import { created, failure, resource, updated } from './support.ts';

const GROUP = 'admissionregistration.k8s.io';
const MUTATING = resource(GROUP, 'mutatingwebhookconfigurations');
const VALIDATING = resource(GROUP, 'validatingwebhookconfigurations');
const POLICIES = resource(GROUP, 'validatingadmissionpolicies');
const BINDINGS = resource(GROUP, 'validatingadmissionpolicybindings');
const MUTATIONS = resource(GROUP, 'mutatingadmissionpolicies');
const MUTATION_BINDINGS = resource(GROUP, 'mutatingadmissionpolicybindings');

const rule = { operations: ['CREATE'], apiGroups: [''], apiVersions: ['v1'], resources: ['pods'] };

function hook(change: object = {}): object {
  return {
    name: 'a.example.com',
    clientConfig: { service: { namespace: 'x', name: 'hook' } },
    sideEffects: 'None',
    admissionReviewVersions: ['v1'],
    ...change,
  };
}

function hooks(...webhooks: object[]): object {
  return { metadata: { name: 'hooks' }, webhooks };
}

describe('webhooks', () => {
  test('fail closed, match equivalent requests of everything, and wait ten seconds', () => {
    const defaults = {
      failurePolicy: 'Fail',
      matchPolicy: 'Equivalent',
      timeoutSeconds: 10,
      namespaceSelector: {},
      objectSelector: {},
    };
    const mutating = created<MutatingWebhookConfiguration>(MUTATING, hooks(hook({ rules: [rule] })));
    expect(mutating.webhooks?.[0]).toMatchObject({
      ...defaults,
      reinvocationPolicy: 'Never',
      clientConfig: { service: { port: 443 } },
      rules: [{ ...rule, scope: '*' }],
    });
    const validating = created<ValidatingWebhookConfiguration>(VALIDATING, hooks(hook()));
    expect(validating.webhooks?.[0]).toMatchObject(defaults);
    expect(validating.webhooks?.[0]).not.toHaveProperty('reinvocationPolicy');
    expect(cellsOf(VALIDATING, validating)).toMatchObject({ Webhooks: 1 });
    expect(validating.metadata?.generation).toBe(1);
    const more = updated(
      VALIDATING,
      { ...validating, metadata: { ...validating.metadata, resourceVersion: '1' } },
      (next) => {
        next.webhooks = [];
      },
    );
    expect(more.metadata?.generation).toBe(2);
  });

  test('are only replaced by who says which version they replace', () => {
    const stored = created<ValidatingWebhookConfiguration>(VALIDATING, hooks(hook()));
    expect(failure(() => updated(VALIDATING, stored, () => {}))).toContain(
      'metadata.resourceVersion: Invalid value: 0: must be specified for an update',
    );
  });

  test.each<[string, object, string]>([
    [
      'a short name',
      { name: 'hook' },
      'webhooks[0].name: Invalid value: "hook": should be a domain with at least three segments separated by dots',
    ],
    [
      'side effects',
      { sideEffects: 'Some' },
      'webhooks[0].sideEffects: Unsupported value: "Some": supported values: "None", "NoneOnDryRun"',
    ],
    [
      'unsaid side effects',
      { sideEffects: undefined },
      'webhooks[0].sideEffects: Required value: must specify one of None, NoneOnDryRun',
    ],
    [
      'no time',
      { timeoutSeconds: 0 },
      'webhooks[0].timeoutSeconds: Invalid value: 0: the timeout value must be between 1 and 30 seconds',
    ],
    [
      'no review version',
      { admissionReviewVersions: [] },
      'webhooks[0].admissionReviewVersions: Required value: must specify one of v1, v1beta1',
    ],
    [
      'unknown review versions',
      { admissionReviewVersions: ['v7'] },
      'Invalid value: ["v7"]: must include at least one of v1, v1beta1',
    ],
    [
      'a version twice',
      { admissionReviewVersions: ['v1', 'v1'] },
      'admissionReviewVersions[1]: Invalid value: "v1": duplicate version',
    ],
    [
      'no place',
      { clientConfig: {} },
      'webhooks[0].clientConfig: Required value: exactly one of url or service is required',
    ],
    [
      'plain HTTP',
      { clientConfig: { url: 'http://a.b/c' } },
      `webhooks[0].clientConfig.url: Invalid value: "http": 'https' is the only allowed URL scheme; desired format: https://host[/path]`,
    ],
    [
      'a user',
      { clientConfig: { url: 'https://me:pw@a.b' } },
      'Invalid value: "me:pw": user information is not permitted in the URL',
    ],
    [
      'a query',
      { clientConfig: { url: 'https://a.b/?x=1' } },
      'Invalid value: "x=1": query parameters are not permitted in the URL',
    ],
    [
      'a fragment',
      { clientConfig: { url: 'https://a.b/#x' } },
      'Invalid value: "x": fragments are not permitted in the URL',
    ],
    ['no host', { clientConfig: { url: 'https:///c' } }, 'host must be specified'],
    [
      'a service without name',
      { clientConfig: { service: { namespace: 'x' } } },
      'webhooks[0].clientConfig.service.name: Required value',
    ],
    [
      'a port too high',
      { clientConfig: { service: { namespace: 'x', name: 'y', port: 70000 } } },
      'port is not valid: must be between 1 and 65535, inclusive',
    ],
    [
      'an empty segment',
      { clientConfig: { service: { namespace: 'x', name: 'y', path: '/a//b' } } },
      'Invalid value: "/a//b": segment[1] may not be empty',
    ],
    [
      'an unknown policy',
      { failurePolicy: 'Maybe' },
      'webhooks[0].failurePolicy: Unsupported value: "Maybe": supported values: "Fail", "Ignore"',
    ],
    [
      'a bad selector',
      { objectSelector: { matchExpressions: [{ key: 'a', operator: 'In' }] } },
      `objectSelector.matchExpressions[0].values: Required value: must be specified when \`operator\` is 'In' or 'NotIn'`,
    ],
    [
      'a condition without expression',
      { matchConditions: [{ name: 'a', expression: ' ' }] },
      'webhooks[0].matchConditions[0].expression: Required value',
    ],
    [
      'a condition twice',
      {
        matchConditions: [
          { name: 'a', expression: 'true' },
          { name: 'a', expression: 'true' },
        ],
      },
      'matchConditions[1].name: Duplicate value: "a"',
    ],
    ['no operation', { rules: [{ ...rule, operations: [] }] }, 'webhooks[0].rules[0].operations: Required value'],
    [
      'an unknown operation',
      { rules: [{ ...rule, operations: ['GET'] }] },
      'rules[0].operations[0]: Unsupported value: "GET": supported values: "*", "CONNECT", "CREATE", "DELETE", "UPDATE"',
    ],
    [
      'all operations and one',
      { rules: [{ ...rule, operations: ['*', 'CREATE'] }] },
      "if '*' is present, must not specify other operations",
    ],
    [
      'all groups and one',
      { rules: [{ ...rule, apiGroups: ['*', 'apps'] }] },
      "if '*' is present, must not specify other API groups",
    ],
    [
      'a resource within all',
      { rules: [{ ...rule, resources: ['pods/*', 'pods/log'] }] },
      'resources[1]: Invalid value: "pods/log": if \'pods/*\' is present, must not specify pods/log',
    ],
    [
      'all resources and one',
      { rules: [{ ...rule, resources: ['*', 'pods'] }] },
      "if '*' is present, must not specify other resources without subresources",
    ],
    ['an unknown scope', { rules: [{ ...rule, scope: 'Some' }] }, 'rules[0].scope: Unsupported value: "Some"'],
  ])('with %s are refused', (_, change, message) => {
    expect(failure(() => created(VALIDATING, hooks(hook(change))))).toContain(message);
  });

  test('have names of their own', () => {
    expect(failure(() => created(MUTATING, hooks(hook(), hook())))).toContain(
      'webhooks[1].name: Duplicate value: "a.example.com"',
    );
    expect(failure(() => created(MUTATING, hooks(hook({ reinvocationPolicy: 'Often' }))))).toContain(
      'webhooks[0].reinvocationPolicy: Unsupported value',
    );
  });
});

const constraints = { matchConstraints: { resourceRules: [rule] } };
const policy = (spec: object): object => ({ metadata: { name: 'p' }, spec: { ...constraints, ...spec } });
const validations = [{ expression: 'object.spec.replicas < 5' }];
const mutations = [{ patchType: 'JSONPatch', jsonPatch: { expression: '[]' } }];

describe('policies', () => {
  test('fail closed and match equivalent requests', () => {
    const stored = created<ValidatingAdmissionPolicy>(POLICIES, {
      ...policy({ validations, paramKind: { apiVersion: 'v1', kind: 'ConfigMap' } }),
      status: { observedGeneration: 7 },
    });
    expect(stored.spec).toMatchObject({
      failurePolicy: 'Fail',
      matchConstraints: {
        matchPolicy: 'Equivalent',
        namespaceSelector: {},
        objectSelector: {},
        resourceRules: [{ ...rule, scope: '*' }],
      },
    });
    expect(stored).toMatchObject({ metadata: { generation: 1 }, status: {} });
    expect(cellsOf(POLICIES, stored)).toMatchObject({ Validations: 1, ParamKind: 'v1/ConfigMap' });
    const mutating = created<MutatingAdmissionPolicy>(MUTATIONS, policy({ mutations, reinvocationPolicy: 'Never' }));
    expect(mutating.spec?.failurePolicy).toBe('Fail');
    expect(cellsOf(MUTATIONS, mutating)).toMatchObject({ Mutations: 1, ParamKind: '<unset>' });
  });

  test('have a status with proper conditions', () => {
    const stored = { ...created<ValidatingAdmissionPolicy>(POLICIES, policy({ validations })) };
    stored.metadata = { ...stored.metadata, resourceVersion: '1' };
    const set = (status: object): ValidatingAdmissionPolicy =>
      statusUpdated(POLICIES, stored, (next) => {
        next.status = status;
      });
    const condition = {
      type: 'Ready',
      status: 'True',
      reason: 'Checked',
      message: '',
      lastTransitionTime: '2026-01-01T00:00:00Z',
    };
    expect(set({ conditions: [condition] }).status?.conditions).toHaveLength(1);
    expect(failure(() => set({ conditions: [{ ...condition, status: 'Yes' }] }))).toContain(
      'status.conditions[0].status: Unsupported value: "Yes"',
    );
    expect(failure(() => set({ conditions: [{ ...condition, reason: '' }] }))).toContain(
      'status.conditions[0].reason: Required value: must be set',
    );
    expect(failure(() => set({ conditions: [{ ...condition, reason: '1x' }] }))).toContain(
      'a condition reason must start with alphabetic character',
    );
    expect(failure(() => set({ typeChecking: { expressionWarnings: [{ fieldRef: '', warning: 'x' }] } }))).toContain(
      'expressionWarnings[0].fieldRef: Required value',
    );
  });

  test.each<[string, object, string]>([
    [
      'nothing to check',
      {},
      'spec.validations: Required value: validations or auditAnnotations must contain at least one item',
    ],
    ['nothing to match', { validations, matchConstraints: {} }, 'spec.matchConstraints.resourceRules: Required value'],
    [
      'an empty expression',
      { validations: [{ expression: ' ' }] },
      'spec.validations[0].expression: Required value: expression is not specified',
    ],
    [
      'a message of two lines',
      { validations: [{ expression: 'a', message: 'a\nb' }] },
      'spec.validations[0].message: Invalid value: "a\\nb": message must not contain line breaks',
    ],
    [
      'an unknown reason',
      { validations: [{ expression: 'a', reason: 'Why' }] },
      'supported values: "Forbidden", "Invalid", "RequestEntityTooLarge"',
    ],
    [
      'a variable without name',
      { validations, variables: [{ name: 'a-b', expression: '1' }] },
      'spec.variables[0].name: Invalid value: "a-b": name is not a valid CEL identifier',
    ],
    [
      'a variable that is a word of CEL',
      { validations, variables: [{ name: 'in', expression: '1' }] },
      'name is not a valid CEL identifier',
    ],
    [
      'parameters of no version',
      { validations, paramKind: { apiVersion: 'a/b/c', kind: 'X' } },
      'spec.paramKind.apiVersion: Invalid value: "a/b/c": unexpected GroupVersion string: a/b/c',
    ],
    ['parameters of no kind', { validations, paramKind: { apiVersion: 'v1' } }, 'spec.paramKind.kind: Required value'],
    [
      'an annotation twice',
      {
        auditAnnotations: [
          { key: 'a', valueExpression: 'x' },
          { key: 'a', valueExpression: 'x' },
        ],
      },
      'spec.auditAnnotations[1].key: Duplicate value: "a"',
    ],
    [
      'an annotation of nothing',
      { auditAnnotations: [{ key: 'a', valueExpression: ' ' }] },
      'valueExpression is not specified',
    ],
    [
      'a name twice',
      { validations, matchConstraints: { resourceRules: [{ ...rule, resourceNames: ['a', 'a'] }] } },
      'resourceRules[0].resourceNames[1]: Duplicate value: "a"',
    ],
  ])('with %s are refused', (_, spec, message) => {
    expect(failure(() => created(POLICIES, policy(spec)))).toContain(message);
  });

  test.each<[string, object, string]>([
    ['nothing to change', {}, 'spec.mutations: Required value: mutations must contain at least one item'],
    [
      'no word on a second round',
      { mutations, reinvocationPolicy: undefined },
      'spec.reinvocationPolicy: Required value',
    ],
    [
      'an unknown form',
      { mutations: [{ patchType: 'Merge' }] },
      'spec.mutations[0].patchType: Unsupported value: "Merge": supported values: "ApplyConfiguration", "JSONPatch"',
    ],
    [
      'a form without patch',
      { mutations: [{ patchType: 'ApplyConfiguration' }] },
      'spec.mutations[0].applyConfiguration: Required value',
    ],
    [
      'an empty patch',
      { mutations: [{ patchType: 'JSONPatch', jsonPatch: {} }] },
      'spec.mutations[0].jsonPatch.expression: Required value',
    ],
  ])('that mutate, with %s, are refused', (_, spec, message) => {
    expect(failure(() => created(MUTATIONS, policy({ reinvocationPolicy: 'Never', ...spec })))).toContain(message);
  });
});

describe('bindings', () => {
  const binding = (spec: object): object => ({
    metadata: { name: 'b' },
    spec: { policyName: 'p', validationActions: ['Deny'], ...spec },
  });

  test('match what their policy matches, narrowed', () => {
    const stored = created<ValidatingAdmissionPolicyBinding>(
      BINDINGS,
      binding({
        matchResources: {},
        paramRef: { name: 'c', namespace: 'x', parameterNotFoundAction: 'Deny' },
      }),
    );
    expect(stored.spec?.matchResources).toEqual({
      matchPolicy: 'Equivalent',
      namespaceSelector: {},
      objectSelector: {},
    });
    expect(cellsOf(BINDINGS, stored)).toMatchObject({ PolicyName: 'p', ParamRef: 'x/c' });
    const mutating = { metadata: { name: 'b' }, spec: { policyName: 'p' } };
    expect(cellsOf(MUTATION_BINDINGS, created(MUTATION_BINDINGS, mutating))).toMatchObject({
      PolicyName: 'p',
      ParamRef: '<unset>',
    });
  });

  test.each<[object, string]>([
    [{ name: 'c' }, '*/c'],
    [
      { selector: { matchLabels: { b: '2', a: '1' } } },
      '&LabelSelector{MatchLabels:map[string]string{a: 1,b: 2,},MatchExpressions:[]LabelSelectorRequirement{},}',
    ],
    [
      {
        selector: {
          matchExpressions: [
            { key: 'a', operator: 'In', values: ['x', 'y'] },
            { key: 'b', operator: 'Exists' },
          ],
        },
      },
      '&LabelSelector{MatchLabels:map[string]string{},MatchExpressions:[]LabelSelectorRequirement{LabelSelectorRequirement{Key:a,Operator:In,Values:[x y],},LabelSelectorRequirement{Key:b,Operator:Exists,Values:[],},},}',
    ],
  ])('show their parameters %j', (paramRef, text) => {
    const stored = created(BINDINGS, binding({ paramRef: { ...paramRef, parameterNotFoundAction: 'Deny' } }));
    expect(cellsOf(BINDINGS, stored)).toMatchObject({ ParamRef: text });
  });

  test.each<[string, object, string]>([
    ['no policy', { policyName: '' }, 'spec.policyName: Required value'],
    [
      'no action',
      { validationActions: [] },
      'spec.validationActions: Required value: at least one validation action is required',
    ],
    [
      'an unknown action',
      { validationActions: ['Shout'] },
      'spec.validationActions[0]: Unsupported value: "Shout": supported values: "Audit", "Deny", "Warn"',
    ],
    ['an action twice', { validationActions: ['Deny', 'Deny'] }, 'spec.validationActions[1]: Duplicate value: "Deny"'],
    ['denial and warning', { validationActions: ['Deny', 'Warn'] }, 'must not contain both Deny and Warn'],
    [
      'name and selector',
      { paramRef: { name: 'a', selector: {}, parameterNotFoundAction: 'Deny' } },
      'spec.paramRef.selector: Forbidden: name and selector are mutually exclusive',
    ],
    [
      'neither',
      { paramRef: { parameterNotFoundAction: 'Deny' } },
      'spec.paramRef: Required value: one of name or selector must be specified',
    ],
    [
      'no word on missing parameters',
      { paramRef: { name: 'a' } },
      'spec.paramRef.parameterNotFoundAction: Required value',
    ],
    [
      'an unknown word on them',
      { paramRef: { name: 'a', parameterNotFoundAction: 'Shrug' } },
      'Unsupported value: "Shrug": supported values: "Deny", "Allow"',
    ],
  ])('with %s are refused', (_, spec, message) => {
    expect(failure(() => created(BINDINGS, binding(spec)))).toContain(message);
  });
});
