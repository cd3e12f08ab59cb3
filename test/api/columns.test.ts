// Cells of tables where Kubernetes' printers do something particular: what counts, what is left out, and in which order.
import { describe, expect, test } from 'vitest';
import type { KubeObject } from '../../src/api/index.ts';
import { cellsOf, PODS, resource, SERVICES } from './support.ts';

const ended = (finishedAt: string) => ({ terminated: { exitCode: 1, finishedAt } });

describe('pods', () => {
  const sidecar = { name: 'side', restartPolicy: 'Always' };

  test.each<[string, object, object]>([
    [
      'init containers after the one that works do not count',
      {
        spec: { containers: [{ name: 'c' }], initContainers: [{ name: 'i' }, { name: 'j' }] },
        status: {
          phase: 'Pending',
          initContainerStatuses: [
            { name: 'i', restartCount: 2, state: { running: {} } },
            { name: 'j', restartCount: 7, state: { waiting: { reason: 'PodInitializing' } } },
          ],
        },
      },
      { Ready: '0/1', Status: 'Init:0/2', Restarts: '2' },
    ],
    [
      'once a pod is initialised, its containers tell what it is at',
      {
        spec: { containers: [{ name: 'c' }], initContainers: [{ name: 'i' }] },
        status: {
          phase: 'Running',
          conditions: [{ type: 'Initialized', status: 'True' }],
          initContainerStatuses: [{ name: 'i', restartCount: 1, state: { running: {} } }],
          containerStatuses: [{ name: 'c', restartCount: 4, ready: true, state: { running: {} } }],
        },
      },
      { Ready: '1/1', Status: 'Init:0/1', Restarts: '4' },
    ],
    [
      'a started sidecar is ready and restarts as a container does',
      {
        spec: { containers: [{ name: 'c' }], initContainers: [sidecar] },
        status: {
          phase: 'Running',
          initContainerStatuses: [
            {
              name: 'side',
              restartCount: 1,
              started: true,
              ready: true,
              state: { running: {} },
              lastState: ended('2026-01-02T03:03:05Z'),
            },
          ],
          containerStatuses: [{ name: 'c', restartCount: 1, ready: true, state: { running: {} } }],
        },
      },
      { Ready: '2/2', Status: 'Running', Restarts: '2 (60s ago)' },
    ],
    [
      'a container that ended beside one that runs',
      {
        spec: { containers: [{ name: 'a' }, { name: 'b' }] },
        status: {
          phase: 'Running',
          containerStatuses: [
            { name: 'a', restartCount: 0, ready: false, state: { terminated: { exitCode: 0, reason: 'Completed' } } },
            { name: 'b', restartCount: 0, ready: true, state: { running: {} } },
          ],
        },
      },
      { Ready: '1/2', Status: 'NotReady' },
    ],
    [
      'a signal without a reason',
      {
        spec: { containers: [{ name: 'a' }] },
        status: {
          phase: 'Running',
          containerStatuses: [
            { name: 'a', restartCount: 0, ready: false, state: { terminated: { exitCode: 137, signal: 9 } } },
          ],
        },
      },
      { Status: 'Signal:9' },
    ],
    [
      'deleted after it ended',
      { metadata: { deletionTimestamp: '2026-01-01T00:00:00Z' }, status: { phase: 'Failed', reason: 'Evicted' } },
      { Status: 'Evicted' },
    ],
    [
      'deleted on a node that was lost',
      { metadata: { deletionTimestamp: '2026-01-01T00:00:00Z' }, status: { phase: 'Running', reason: 'NodeLost' } },
      { Status: 'Unknown' },
    ],
  ])('%s', (_, pod, expected) => {
    expect(cellsOf(PODS, pod)).toMatchObject(expected);
  });
});

const at = (...last: number[]) => last.map((number) => ({ ip: `10.0.0.${number}` }));

test.each<[string, string, string, object, object]>([
  [
    'endpoints: port by port',
    '',
    'endpoints',
    { subsets: [{ addresses: at(1, 2), ports: [{ port: 80 }, { port: 81 }] }] },
    { Endpoints: '10.0.0.1:80,10.0.0.2:80,10.0.0.1:81 + 1 more...' },
  ],
  [
    'endpoints: none is ready',
    '',
    'endpoints',
    { subsets: [{ notReadyAddresses: at(1), ports: [{ port: 80 }] }] },
    { Endpoints: '' },
  ],
  ['endpoints: no subsets', '', 'endpoints', {}, { Endpoints: '<none>' }],
  [
    'endpoint slices: a port without a number is its name',
    'discovery.k8s.io',
    'endpointslices',
    { addressType: 'IPv4', endpoints: [], ports: [{ name: 'http' }, { port: 81 }] },
    { Ports: 'http,81', Endpoints: '<unset>' },
  ],
  [
    'ingresses: the class of the spec, and rules beyond three hosts',
    'networking.k8s.io',
    'ingresses',
    {
      metadata: { annotations: { 'kubernetes.io/ingress.class': 'old' } },
      spec: { rules: [{ host: 'a' }, {}, { host: 'b' }, { host: 'c' }, {}] },
    },
    { Class: '<none>', Hosts: 'a,b,c + 2 more...' },
  ],
  ['events: about nothing by name', '', 'events', { involvedObject: { kind: 'Node' } }, { Object: 'node' }],
])('%s', (_, group, plural, object, expected) => {
  expect(cellsOf(resource(group, plural), object as KubeObject)).toMatchObject(expected);
});

test('a load balancer has each of its addresses once, in order, and then those that were declared', () => {
  const ingress = [{ ip: '10.0.0.2' }, { ip: '10.0.0.1' }, { ip: '10.0.0.2' }];
  const service = {
    spec: { type: 'LoadBalancer', externalIPs: ['1.1.1.1'] },
    status: { loadBalancer: { ingress } },
  };
  expect(cellsOf(SERVICES, service)['External-IP']).toBe('10.0.0.1,10.0.0.2,1.1.1.1');
});

test('service accounts show no secrets: nothing has put any there for long', () => {
  expect(Object.keys(cellsOf(resource('', 'serviceaccounts'), {}))).toEqual(['Name', 'Age']);
});
