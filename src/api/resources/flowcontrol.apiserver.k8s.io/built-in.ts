// The objects that describe how an API server shares its seats before anybody has changed that: two pairs that every server must
// have (their specs are fixed), and those that Kubernetes suggests. Their defaults are filled in.
import type { FlowSchema, PriorityLevelConfiguration } from '../../types.ts';

type FlowSchemaSpec = NonNullable<FlowSchema['spec']>;
type PolicyRules = NonNullable<FlowSchemaSpec['rules']>[number];
type Subject = PolicyRules['subjects'][number];
type LimitedLevel = NonNullable<NonNullable<PriorityLevelConfiguration['spec']>['limited']>;
type Queuing = NonNullable<NonNullable<LimitedLevel['limitResponse']>['queuing']>;

/** On objects that servers keep up to date: "true", or "false" once an operator has taken them over. */
export const AUTO_UPDATE_ANNOTATION = 'apf.kubernetes.io/autoupdate-spec';
/** Both a FlowSchema and a PriorityLevelConfiguration are called so: what is never limited. */
export const EXEMPT = 'exempt';
/** The same for what nothing else matches. */
export const CATCH_ALL = 'catch-all';
export const DANGLING = 'Dangling';

/** One set of FlowSchemas and PriorityLevelConfigurations. */
export interface FlowControlObjects {
  readonly schemas: readonly FlowSchema[];
  readonly levels: readonly PriorityLevelConfiguration[];
}

const API_VERSION = 'flowcontrol.apiserver.k8s.io/v1';
const metadata = (name: string): object => ({ name, annotations: { [AUTO_UPDATE_ANNOTATION]: 'true' } });

function level(name: string, spec: object): PriorityLevelConfiguration {
  const object = { apiVersion: API_VERSION, kind: 'PriorityLevelConfiguration', metadata: metadata(name), spec };
  return object as PriorityLevelConfiguration;
}

function queued(name: string, shares: number, lendablePercent: number, queues: number, handSize = 6) {
  const queuing: Queuing = { queues, handSize, queueLengthLimit: 50 };
  const limited: LimitedLevel = {
    nominalConcurrencyShares: shares,
    lendablePercent,
    limitResponse: { type: 'Queue', queuing },
  };
  return level(name, { type: 'Limited', limited });
}

const group = (name: string): Subject => ({ kind: 'Group', group: { name } });
const user = (name: string): Subject => ({ kind: 'User', user: { name } });
const accountsOf = (namespace: string): Subject => ({
  kind: 'ServiceAccount',
  serviceAccount: { name: '*', namespace },
});

const EVERYBODY = [group('system:unauthenticated'), group('system:authenticated')];
const NODES = [group('system:nodes')];
const KUBE_SYSTEM = [accountsOf('kube-system')];
const ANY = ['*'];
const ALL_REQUESTS: Omit<PolicyRules, 'subjects'> = {
  resourceRules: [{ verbs: ANY, apiGroups: ANY, resources: ANY, clusterScope: true, namespaces: ANY }],
  nonResourceRules: [{ verbs: ANY, nonResourceURLs: ANY }],
};
const LEASES = { apiGroups: ['coordination.k8s.io'], resources: ['leases'], namespaces: ANY };

function schema(
  [name, levelName, matchingPrecedence]: readonly [name: string, level: string, precedence: number],
  distinguisher: 'ByUser' | 'ByNamespace' | undefined,
  subjects: Subject[],
  rules: Omit<PolicyRules, 'subjects'> = ALL_REQUESTS,
): FlowSchema {
  const spec: FlowSchemaSpec = {
    priorityLevelConfiguration: { name: levelName },
    matchingPrecedence,
    ...(distinguisher === undefined ? {} : { distinguisherMethod: { type: distinguisher } }),
    rules: [{ subjects, ...rules }],
  };
  const object = { apiVersion: API_VERSION, kind: 'FlowSchema', metadata: metadata(name), spec };
  return object as FlowSchema;
}

/** Without these a server could not place every request. */
export const MANDATORY_FLOW_CONTROL: FlowControlObjects = {
  levels: [
    level(EXEMPT, { type: 'Exempt', exempt: { nominalConcurrencyShares: 0, lendablePercent: 0 } }),
    level(CATCH_ALL, {
      type: 'Limited',
      limited: { nominalConcurrencyShares: 5, lendablePercent: 0, limitResponse: { type: 'Reject' } },
    }),
  ],
  schemas: [
    schema([EXEMPT, EXEMPT, 1], undefined, [group('system:masters')]),
    schema([CATCH_ALL, CATCH_ALL, 10_000], 'ByUser', EVERYBODY),
  ],
};

/** What Kubernetes adds to them; operators may change or replace it. */
export const SUGGESTED_FLOW_CONTROL: FlowControlObjects = {
  levels: [
    queued('system', 30, 33, 64),
    queued('node-high', 40, 25, 64),
    queued('leader-election', 10, 0, 16, 4),
    queued('workload-high', 40, 50, 128),
    queued('workload-low', 100, 90, 128),
    queued('global-default', 20, 50, 128),
  ],
  schemas: [
    schema(['system-nodes', 'system', 500], 'ByUser', NODES),
    schema(['system-node-high', 'node-high', 400], 'ByUser', NODES, {
      resourceRules: [
        { verbs: ANY, apiGroups: [''], resources: ['nodes', 'nodes/status'], clusterScope: true, namespaces: ANY },
        { verbs: ANY, ...LEASES },
      ],
    }),
    schema(['probes', EXEMPT, 2], undefined, EVERYBODY, {
      nonResourceRules: [{ verbs: ['get'], nonResourceURLs: ['/healthz', '/readyz', '/livez'] }],
    }),
    schema(
      ['system-leader-election', 'leader-election', 100],
      'ByUser',
      [user('system:kube-controller-manager'), user('system:kube-scheduler'), ...KUBE_SYSTEM],
      { resourceRules: [{ verbs: ['get', 'create', 'update'], ...LEASES }] },
    ),
    schema(['kube-controller-manager', 'workload-high', 800], 'ByNamespace', [user('system:kube-controller-manager')]),
    schema(['kube-scheduler', 'workload-high', 800], 'ByNamespace', [user('system:kube-scheduler')]),
    schema(['kube-system-service-accounts', 'workload-high', 900], 'ByNamespace', KUBE_SYSTEM),
    schema(['service-accounts', 'workload-low', 9_000], 'ByUser', [group('system:serviceaccounts')]),
    schema(['global-default', 'global-default', 9_900], 'ByUser', EVERYBODY),
  ],
};

/** The order of matching: lower precedence numbers first, then names. */
export function bySchemaOrder(a: FlowSchema, b: FlowSchema): number {
  const difference = (a.spec?.matchingPrecedence ?? 0) - (b.spec?.matchingPrecedence ?? 0);
  if (difference !== 0) return difference;
  return (a.metadata?.name ?? '') < (b.metadata?.name ?? '') ? -1 : 1;
}
