// The objects of the benchmarks. Both systems store the same text: quorate as an object, etcd as a value.

/** Bytes of an object with its name, as it is sent. */
export const OBJECT_BYTES = 1_024;
const POD_BYTES = 2_560;
const NAME_BYTES = 16;

/** A ConfigMap of 1 KiB. @SEQ@ is in an annotation, so that each update changes it. */
export function configMapTemplate(): string {
  const template = (payload: string): string =>
    JSON.stringify({
      metadata: {
        name: '@NAME@',
        labels: { app: 'bench', tier: 'load' },
        annotations: { sequence: '@SEQ@' },
      },
      apiVersion: 'v1',
      kind: 'ConfigMap',
      data: { payload },
    });
  return template('x'.repeat(OBJECT_BYTES - template('').length - NAME_BYTES));
}

/** A running pod of 2.5 KiB with the managedFields that its creator would have. */
export function podTemplate(): string {
  const template = (padding: string): string =>
    JSON.stringify({
      metadata: {
        name: '@NAME@',
        labels: { app: 'bench', 'pod-template-hash': '5d59d67564' },
        annotations: { sequence: '@SEQ@', padding },
        managedFields: [
          {
            manager: 'kube-controller-manager',
            operation: 'Update',
            apiVersion: 'v1',
            time: '2026-01-01T00:00:00Z',
            fieldsType: 'FieldsV1',
            fieldsV1: {
              'f:metadata': { 'f:labels': { '.': {}, 'f:app': {}, 'f:pod-template-hash': {} } },
              'f:spec': {
                'f:containers': { 'k:{"name":"main"}': { '.': {}, 'f:image': {}, 'f:name': {}, 'f:ports': {} } },
                'f:dnsPolicy': {},
                'f:restartPolicy': {},
              },
            },
          },
        ],
      },
      apiVersion: 'v1',
      kind: 'Pod',
      spec: {
        // Nobody's: what the scheduler would write of pods that fit nowhere is not to be measured.
        schedulerName: 'bench',
        containers: [
          {
            name: 'main',
            image: 'busybox:1.35',
            ports: [{ containerPort: 80 }],
            env: [{ name: 'MODE', value: 'bench' }],
            resources: { requests: { cpu: '100m', memory: '64Mi' }, limits: { memory: '128Mi' } },
          },
        ],
      },
    });
  return template('x'.repeat(POD_BYTES - template('').length - NAME_BYTES));
}
