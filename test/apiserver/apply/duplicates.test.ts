// TestDuplicatesInAssociativeLists of kubernetes/kubernetes test/integration/apiserver/apply/apply_test.go: a client may create
// lists whose items nothing tells apart. They are owned as one, an apply leaves them alone, and replaces them when it names them.
import { beforeEach, expect, it } from 'vitest';
import { type TestApi, testApi } from '../harness.ts';
import { apply } from './support.ts';

const PATH = '/apis/apps/v1/namespaces/default/daemonsets';
const labels = { app: 'example' };

let api: TestApi;
beforeEach(async () => {
  api = await testApi();
});

const port = (name: string, containerPort: number) => ({ name, containerPort });
const variable = (name: string, value: string) => ({ name, value });

function daemonSet(container: object, template: object = {}): object {
  return {
    apiVersion: 'apps/v1',
    kind: 'DaemonSet',
    metadata: { name: 'example', labels },
    spec: {
      selector: { matchLabels: labels },
      template: { ...template, spec: { containers: [{ name: 'nginx', image: 'nginx', ...container }] } },
    },
  };
}

const ENV0 = { '.': {}, 'f:name': {}, 'f:value': {} };
const ANNOTATION = { 'f:deprecated.daemonset.template.generation': {} };

function containerOf(container: object): object {
  return { 'f:containers': { 'k:{"name":"nginx"}': container } };
}

/** What the creator owns: its defaults too, as long as they are there. */
function created(annotations: object, env: object, ports: object): object {
  const container = {
    '.': {},
    'f:env': { '.': {}, 'k:{"name":"ENV0"}': ENV0, ...env },
    'f:image': {},
    'f:imagePullPolicy': {},
    'f:name': {},
    'f:ports': {
      '.': {},
      'k:{"containerPort":1,"protocol":"TCP"}': { '.': {}, 'f:containerPort': {}, 'f:name': {}, 'f:protocol': {} },
      ...ports,
    },
    'f:resources': {},
    'f:terminationMessagePath': {},
    'f:terminationMessagePolicy': {},
  };
  return {
    'f:metadata': { 'f:annotations': annotations, 'f:labels': { '.': {}, 'f:app': {} } },
    'f:spec': {
      'f:revisionHistoryLimit': {},
      'f:selector': {},
      'f:template': {
        'f:metadata': { 'f:labels': { '.': {}, 'f:app': {} } },
        'f:spec': {
          ...containerOf(container),
          'f:dnsPolicy': {},
          'f:restartPolicy': {},
          'f:schedulerName': {},
          'f:securityContext': {},
          'f:terminationGracePeriodSeconds': {},
        },
      },
      'f:updateStrategy': { 'f:rollingUpdate': { '.': {}, 'f:maxSurge': {}, 'f:maxUnavailable': {} }, 'f:type': {} },
    },
  };
}

function applied(env: string, containerPort: number): object {
  const item = `k:{"containerPort":${containerPort},"protocol":"TCP"}`;
  const container = {
    '.': {},
    'f:env': { [`k:{"name":"${env}"}`]: ENV0 },
    'f:image': {},
    'f:name': {},
    'f:ports': { [item]: { '.': {}, 'f:containerPort': {}, 'f:name': {} } },
  };
  return {
    'f:metadata': { 'f:labels': { 'f:app': {} } },
    'f:spec': { 'f:selector': {}, 'f:template': { 'f:spec': containerOf(container) } },
  };
}

const DUPLICATE_VARIABLES = { 'k:{"name":"PATH"}': {} };
const DUPLICATE_PORTS = { 'k:{"containerPort":80,"protocol":"TCP"}': {} };

it('TestDuplicatesInAssociativeLists', async () => {
  const check = (
    { body }: Awaited<ReturnType<TestApi['call']>>,
    count: number,
    owners: Record<string, object>,
  ): void => {
    const [container] = body.spec.template.spec.containers;
    expect([container.env.length, container.ports.length]).toEqual([count, count]);
    const entries = body.metadata.managedFields as { manager: string; fieldsV1: object }[];
    expect(Object.fromEntries(entries.map(({ manager, fieldsV1 }) => [manager, fieldsV1]))).toEqual(owners);
  };
  const template = { metadata: { labels } };
  const twice = {
    ports: [port('port0', 1), port('port1', 80), port('port2', 80)],
    env: [variable('ENV0', '/env0value'), variable('PATH', '/bin'), variable('PATH', '$PATH:/usr/bin')],
  };
  const post = await api.call('POST', `${PATH}?fieldManager=create`, daemonSet(twice, template));
  const all = created({ '.': {}, ...ANNOTATION }, DUPLICATE_VARIABLES, DUPLICATE_PORTS);
  check(post, 3, { create: all });

  const home = { ports: [port('port3', 443)], env: [variable('HOME', '/usr/home')] };
  const added = await apply(api, `${PATH}/example`, 'apply', daemonSet(home));
  check(added, 4, { apply: applied('HOME', 443), create: all });

  const renamed = {
    ports: [port('port0', 1), port('port3', 443), port('port4', 80), port('port5', 80)],
    env: [
      variable('ENV0', '/env0value'),
      variable('PATH', '/bin'),
      variable('PATH', '$PATH:/usr/bin:/usr/local/bin'),
      variable('HOME', '/usr/home'),
    ],
  };
  const put = await api.call('PUT', `${PATH}/example?fieldManager=update`, daemonSet(renamed, template));
  const updated = containerOf({ 'f:env': DUPLICATE_VARIABLES, 'f:ports': DUPLICATE_PORTS });
  check(put, 4, {
    apply: applied('HOME', 443),
    create: created({}, {}, {}),
    update: {
      'f:metadata': { 'f:annotations': ANNOTATION },
      'f:spec': { 'f:template': { 'f:spec': updated } },
    },
  });

  const one = { ports: [port('port80', 80)], env: [variable('PATH', '/bin:/usr/bin:/usr/local/bin')] };
  const replaced = await apply(api, `${PATH}/example`, 'apply', daemonSet(one), '&force=true');
  check(replaced, 2, {
    apply: applied('PATH', 80),
    create: created({}, {}, {}),
    update: { 'f:metadata': { 'f:annotations': ANNOTATION } },
  });
});
