// `npm run bench`: micro-benchmarks of the hot functions, each as operations a second with its spread. Compare rows of one
// run with each other, or with another run on the same machine at the same time: figures of different hours say little.
import { Bench } from 'tinybench';
import {
  apiSchema,
  applyPatch,
  createApiRegistry,
  decodeBody,
  encodeObject,
  type KubeObject,
  parseLabelSelector,
  tableOf,
} from '../src/api/index.ts';
import { defined, systemClock } from '../src/lib/index.ts';
import { createMemoryStore, type Envelope, resourceRange, storeKey } from '../src/store/index.ts';

const WARM_UP_MS = 100;
const MEASURED_MS = 500;
const STORED_OBJECTS = 10_000;

const clock = systemClock();
const pods = defined(createApiRegistry().find('', 'v1', 'pods'), 'pods');
const pod: KubeObject & { spec: object } = {
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: {
    name: 'web-0',
    namespace: 'default',
    labels: { app: 'web', tier: 'front' },
    creationTimestamp: '2026-01-01T00:00:00Z',
  },
  spec: {
    containers: [
      { name: 'main', image: 'busybox:1.35', env: [{ name: 'A', value: '1' }], ports: [{ containerPort: 80 }] },
    ],
  },
};
const body = Buffer.from(JSON.stringify(pod));
const encoded = encodeObject(pod);
const envelope: Envelope = {
  apiVersion: 'v1',
  schemaHash: apiSchema().hash,
  keyId: '',
  labels: { app: 'web' },
  fields: {},
  ...encoded,
};
const selector = parseLabelSelector('app in (web,api),tier!=back,!canary');
const patch = { spec: { containers: [{ name: 'main', image: 'busybox:1.36' }] } };

const store = createMemoryStore({ clock });
await store.start();
const never = new AbortController().signal;
for (let i = 0; i < STORED_OBJECTS; i += 1) await put(`web-${i}`);
let next = STORED_OBJECTS;

const bench = new Bench({ time: MEASURED_MS, warmupTime: WARM_UP_MS })
  .add('decode a pod from JSON', () => void decodeBody(body, 'application/json'))
  .add('encode a pod', () => void encodeObject(pod))
  .add('match a label selector', () => void selector.matches({ app: 'web', tier: 'front' }))
  .add('strategic merge patch of a pod', () => {
    applyPatch(
      apiSchema(),
      'application/strategic-merge-patch+json',
      pods.schema,
      decodeBody(body, undefined).value,
      patch,
    );
  })
  .add(
    'table row of a pod',
    () => void tableOf(pods, [pod], { version: 'v1', metadata: {}, nowMs: 0, includeObject: 'None' }),
  )
  .add(`store: commit a new object among ${STORED_OBJECTS}`, async () => {
    await put(`web-${next++}`);
  })
  .add(`store: get one of ${STORED_OBJECTS}`, () => void store.snapshot().get(storeKey('pods', 'default', 'web-77')))
  .add('store: scan 100 objects', () => {
    let left = 100;
    for (const _ of store.snapshot().scan(resourceRange('pods', 'default'))) if (--left === 0) break;
  });
await bench.run();
await store.stop();
process.stdout.write(report(bench));

function put(name: string) {
  return store.commit(
    { conditions: [], writes: [{ kind: 'put', key: storeKey('pods', 'default', name), envelope }] },
    never,
  );
}

function report(finished: Bench): string {
  const rows = finished.tasks.map(({ name, result }) => {
    if (result.state !== 'completed') throw new Error(`${name}: ${result.state}`);
    const { throughput } = result;
    return `${name.padEnd(46)} ${Math.round(throughput.p50).toLocaleString('en').padStart(12)} ops/s  ±${throughput.rme.toFixed(1)}%`;
  });
  return `${rows.join('\n')}\n`;
}
