// What priority and fairness costs a request that finds a free seat: finding its flow, taking the seat, giving it back.
import { createApiRegistry, type KubeObject } from '../../src/api/index.ts';
import { type AppContext, Fairness, parseRequest, type UserInfo } from '../../src/apiserver/index.ts';
import { createRegistry, systemClock } from '../../src/lib/index.ts';
import { createMemoryStore, type Envelope, storeKey } from '../../src/store/index.ts';
import type { MicroSubject } from './subject.ts';

const OWN_SCHEMAS = 100;
const POD = '/api/v1/namespaces/default/pods/web';
const PODS = '/api/v1/namespaces/default/pods';
const LEASE = '/apis/coordination.k8s.io/v1/namespaces/kube-system/leases/scheduler';

const user = (name: string, ...groups: string[]): UserInfo => ({
  name,
  uid: '',
  groups: [...groups, 'system:authenticated'],
  extra: {},
});
const ADMIN = user('kubernetes-admin', 'system:masters');
const ACCOUNT = user('system:serviceaccount:default:builder', 'system:serviceaccounts');
const NODE = user('system:node:n1', 'system:nodes');
const MANAGER = user('system:kube-controller-manager');

export const FAIRNESS: MicroSubject = {
  name: 'fairness',
  async cases() {
    const plain = fairness();
    const many = fairness();
    for (let i = 0; i < OWN_SCHEMAS; i++) await many.put(ownSchema(i));
    return [
      { name: 'exempt', title: 'admit an administrator’s GET', run: plain.turn(ADMIN, 'GET', POD) },
      { name: 'user', title: 'admit a service account’s GET', run: plain.turn(ACCOUNT, 'GET', POD) },
      {
        name: 'namespace',
        title: 'admit a controller’s PUT, told apart by namespace',
        run: plain.turn(MANAGER, 'PUT', POD),
      },
      { name: 'rules', title: 'admit a node’s PUT of a lease', run: plain.turn(NODE, 'PUT', LEASE) },
      { name: 'list', title: 'admit a service account’s LIST', run: plain.turn(ACCOUNT, 'GET', PODS) },
      {
        name: 'many',
        title: `admit a GET that ${OWN_SCHEMAS} more flow schemas are asked about first`,
        run: many.turn(ACCOUNT, 'GET', POD),
      },
    ];
  },
};

function fairness(): {
  put(object: KubeObject): Promise<unknown>;
  /** One request, from its admission to its end. */
  turn(user: UserInfo, method: string, path: string): () => unknown;
} {
  const clock = systemClock();
  const store = createMemoryStore({ clock });
  const metrics = createRegistry('bench');
  const seats = new Fairness({ store, registry: createApiRegistry(), clock, metrics }, { readOnly: 0, mutating: 0 });
  return {
    put: (object) => {
      const key = storeKey('flowschemas.flowcontrol.apiserver.k8s.io', '', object.metadata?.name ?? '');
      const write = { kind: 'put', key, envelope: envelopeOf(object) } as const;
      return store.commit({ conditions: [], writes: [write] }, new AbortController().signal);
    },
    turn(user, method, path) {
      const query = new URLSearchParams();
      const variables = new Map<string, unknown>([
        ['user', user],
        ['info', parseRequest(method, path, query)],
        ['query', query],
      ]);
      const context = {
        get: (name: string) => variables.get(name),
        set: (name: string, value: unknown) => variables.set(name, value),
      } as unknown as AppContext;
      return () => {
        const seat = seats.admit(context);
        if (seat === undefined || seat instanceof Promise) throw new Error('a free seat was expected');
        seat.leave();
        return seat;
      };
    },
  };
}

/** It concerns the account, but another resource. */
function ownSchema(i: number): KubeObject {
  const spec = {
    priorityLevelConfiguration: { name: 'catch-all' },
    matchingPrecedence: 1_000 + i,
    rules: [
      {
        subjects: [{ kind: 'Group', group: { name: 'system:serviceaccounts' } }],
        resourceRules: [{ verbs: ['get', 'list'], apiGroups: [''], resources: [`things${i}`], namespaces: ['*'] }],
      },
    ],
  };
  return {
    apiVersion: 'flowcontrol.apiserver.k8s.io/v1',
    kind: 'FlowSchema',
    metadata: { name: `own-${i}` },
    ...{ spec },
  };
}

function envelopeOf(object: KubeObject): Envelope {
  const bytes = Buffer.from(JSON.stringify(object));
  return { apiVersion: '', schemaHash: '', keyId: '', revisionOffset: -1, labels: {}, fields: {}, bytes };
}
