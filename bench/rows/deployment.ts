// The configuration of the `apply` rows: a Deployment as a chart would render it, about 200 lines of YAML. It is paused and wants
// no pods, and what changes is an annotation, so that no controller has anything to do while it is applied.

/** In JSON, as kubectl sends it. @SEQ@ is in an annotation: it is the one field that changes. */
export function deploymentTemplate(): string {
  const labels = { 'app.kubernetes.io/name': '@NAME@', 'app.kubernetes.io/part-of': 'shop' };
  return JSON.stringify({
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: {
      name: '@NAME@',
      labels: { ...labels, 'app.kubernetes.io/version': '1.4.2', 'app.kubernetes.io/managed-by': 'bench' },
      annotations: { sequence: '@SEQ@', 'example.com/owner': 'team-shop', 'example.com/contact': 'shop@example.com' },
    },
    spec: {
      replicas: 0,
      paused: true,
      revisionHistoryLimit: 5,
      minReadySeconds: 5,
      selector: { matchLabels: labels },
      strategy: { type: 'RollingUpdate', rollingUpdate: { maxSurge: '25%', maxUnavailable: 0 } },
      template: {
        metadata: { labels, annotations: { 'example.com/scrape': 'true', 'example.com/port': '9090' } },
        spec: podSpec(),
      },
    },
  });
}

function podSpec(): object {
  return {
    serviceAccountName: 'default',
    terminationGracePeriodSeconds: 60,
    nodeSelector: { 'kubernetes.io/os': 'linux' },
    securityContext: { runAsNonRoot: true, runAsUser: 1000, fsGroup: 1000 },
    tolerations: [{ key: 'shop', operator: 'Exists', effect: 'NoSchedule' }],
    topologySpreadConstraints: [
      {
        maxSkew: 1,
        topologyKey: 'kubernetes.io/hostname',
        whenUnsatisfiable: 'ScheduleAnyway',
        labelSelector: { matchLabels: { 'app.kubernetes.io/part-of': 'shop' } },
      },
    ],
    initContainers: [container('migrate', 0)],
    containers: [container('server', 2), container('proxy', 1), container('metrics', 1)],
    volumes: [
      { name: 'settings', configMap: { name: 'settings', items: [{ key: 'settings.yaml', path: 'settings.yaml' }] } },
      { name: 'secrets', secret: { secretName: 'secrets', defaultMode: 256 } },
      { name: 'scratch', emptyDir: { sizeLimit: '1Gi' } },
    ],
  };
}

/** Those with ports have probes too. */
function container(name: string, ports: number): object {
  const probe = { httpGet: { path: '/healthz', port: 'port-0' }, periodSeconds: 10, failureThreshold: 3 };
  return {
    name,
    image: `registry.example.com/shop/${name}:1.4.2`,
    args: ['--config=/etc/shop/settings.yaml', '--log=info'],
    env: [
      { name: 'MODE', value: 'production' },
      { name: 'POD_NAME', valueFrom: { fieldRef: { fieldPath: 'metadata.name' } } },
    ],
    resources: { requests: { cpu: '100m', memory: '128Mi' }, limits: { memory: '256Mi' } },
    volumeMounts: [{ name: 'settings', mountPath: '/etc/shop', readOnly: true }],
    ...(ports === 0
      ? {}
      : {
          ports: Array.from({ length: ports }, (_, index) => ({ name: `port-${index}`, containerPort: 8080 + index })),
          livenessProbe: probe,
          readinessProbe: probe,
        }),
  };
}
