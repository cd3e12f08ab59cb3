// Runs a kubelet until its signal aborts: its server, its node, and a worker for each pod that is bound to it.
import { setMaxListeners } from 'node:events';
import { mkdir } from 'node:fs/promises';
import type { Pod, Served } from '../api/index.ts';
import { createEventRecorder, createInformer, PODS, SERVICES } from '../client/index.ts';
import { Gauge, UserError } from '../lib/index.ts';
import { capacityOf, type NodeFacts } from './node/facts.ts';
import { machineIdOf, NodeKeeper } from './node/registration.ts';
import type { KubeletOptions } from './options.ts';
import { eventsOf } from './pods/container-events.ts';
import { ImagePuller } from './pods/image-puller.ts';
import { PodManager } from './pods/manager.ts';
import { referencedObjects } from './pods/objects.ts';
import type { KubeletParts } from './pods/parts.ts';
import { StatusWriter } from './pods/status-writer.ts';
import { Prober } from './probes/prober.ts';
import type { RuntimeInfo } from './runtime/port.ts';
import { containerLogs } from './server/container-logs.ts';
import { startKubeletServer } from './server/server.ts';
import { tokenSource } from './volumes/tokens.ts';
import { volumeManager } from './volumes/volumes.ts';

/**
 * Registers the node, runs its pods, and resolves when `signal` aborted and everything of its own is closed. Containers
 * go on running; the next kubelet of this node adopts them. Calls `started` once the node is registered.
 * Throws UserError when the directory cannot be written or the port is taken.
 */
export async function runKubelet(given: KubeletOptions): Promise<void> {
  const ending = new AbortController();
  // Each pod's worker listens: many listeners are no leak here.
  setMaxListeners(0, ending.signal);
  const end = (): void => ending.abort();
  given.signal.addEventListener('abort', end, { once: true });
  if (given.signal.aborted) end();
  try {
    await runUntil({ ...given, signal: ending.signal });
  } finally {
    ending.abort();
    given.signal.removeEventListener('abort', end);
  }
}

async function runUntil(options: KubeletOptions): Promise<void> {
  const { directory, nodeName, runtime, clock, logger, signal, client } = options;
  await makeDirectory(directory);
  const info = await runtime.info();
  const capacity = await capacityOf(info, options.capacity ?? {}, directory);
  const machineId = await machineIdOf(directory);
  const built = build(options, info, { ...capacity });
  const { pods, services, manager } = built;
  const server = await startKubeletServer({
    listen: options.listen,
    tls: options.tls,
    logger,
    pods: () => ({ kind: 'PodList', apiVersion: 'v1', metadata: {}, items: manager.pods() }),
    logs: (request, gone) => containerLogs(runtime, clock, manager.pods(), request, gone),
  });
  const { nodeAddress, labels = {} } = options;
  const facts: NodeFacts = { nodeName, nodeAddress, port: server.port, info, capacity, labels, machineId };
  const keeper = new NodeKeeper({ client, runtime, clock, logger, facts });
  const unsubscribe = runtime.onChange((uid) => manager.trigger(uid));
  try {
    await keeper.register(signal);
    if (signal.aborted) return;
    built.parts.events.event(keeper.node, 'Normal', 'Starting', 'Starting kubelet.');
    const kept = keeper.keep(signal);
    await services.start(signal);
    pods.addHandlers({
      added: (pod) => manager.observed(pod),
      updated: (pod) => manager.observed(pod),
      deleted: (pod) => manager.vanished(pod),
    });
    await pods.start(signal);
    if (!signal.aborted) await manager.sweepOrphans();
    options.started?.({ port: server.port });
    await kept;
  } finally {
    unsubscribe();
    built.parts.prober.close();
    await manager.ended();
    await server.close();
  }
}

function build(options: KubeletOptions, info: RuntimeInfo, allocatable: Readonly<Record<string, string>>) {
  const { nodeName, runtime, clock, logger, random, signal, client, apiAddressForPods: api } = options;
  const events = createEventRecorder({ client, component: 'kubelet', host: nodeName, clock, logger });
  const informers = { client, clock, logger, random };
  const pods = createInformer(PODS, informers, { fieldSelector: `spec.nodeName=${nodeName}` });
  const services = createInformer(SERVICES, informers);
  const objects = referencedObjects(client, api);
  const volumes = volumeManager(options.directory, objects, tokenSource(client, clock), clock);
  const prober = new Prober({
    runtime,
    clock,
    random: random.fork(),
    changed: (uid) => manager.trigger(uid),
    unhealthy: (pod: Served<Pod>, container, kind, complaint) => {
      const title = `${kind.charAt(0).toUpperCase()}${kind.slice(1)}`;
      eventsOf(events, pod, container)('Warning', 'Unhealthy', `${title} probe ${complaint}`);
    },
  });
  const parts: KubeletParts = {
    client,
    runtime,
    runtimeName: info.containerRuntimeVersion.split('://')[0] ?? 'runtime',
    clock,
    logger,
    random,
    events,
    objects,
    volumes,
    images: new ImagePuller(runtime, clock, events),
    prober,
    statuses: new StatusWriter(client, clock, logger, signal),
    services: (namespace) => services.lister.list(namespace),
    api,
    nodeAddress: options.nodeAddress,
    nodeMemoryBytes: info.memoryBytes,
    allocatable,
  };
  const manager = new PodManager(parts, signal);
  measure(options, manager);
  return { parts, pods, services, manager };
}

function measure({ metrics }: KubeletOptions, manager: PodManager): void {
  if (metrics === undefined) return;
  new Gauge({
    name: 'kubelet_active_pods',
    help: 'Pods that have a worker on this node.',
    registers: [metrics],
    collect() {
      this.set(manager.pods().length);
    },
  });
}

async function makeDirectory(directory: string): Promise<void> {
  try {
    await mkdir(directory, { recursive: true, mode: 0o755 });
  } catch (error) {
    throw new UserError(
      `the kubelet cannot write to ${directory}`,
      'Choose another --data-dir, or give the user the right.',
      {
        cause: error,
      },
    );
  }
}
