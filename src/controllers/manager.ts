// The controller manager. It keeps the caches of the controllers warm on every process, and runs the control loops on the
// one that leads: a failover costs an election, not a download of the cluster. Only the garbage collector, which follows all
// objects of all resources and is in no hurry, fetches what nobody else needs when it begins to lead.
import { setMaxListeners } from 'node:events';
import {
  type ApiClient,
  createEventRecorder,
  createInformerFactory,
  createWorkQueue,
  type Fence,
  type InformerFactory,
  type LeaderElector,
  runController,
} from '../client/index.ts';
import { type Clock, Gauge, type Logger, type Prng, type Registry, UserError } from '../lib/index.ts';
import { createCaches } from './caches.ts';
import type { ControllerContext, Loop, StartController } from './context.ts';
import { startDeploymentController } from './deployment/controller.ts';
import { startDisruptionController } from './disruption/controller.ts';
import { startEndpointsController } from './endpoints/endpoints-controller.ts';
import { startEndpointSliceController } from './endpoints/slice-controller.ts';
import { startGarbageCollector } from './garbage/controller.ts';
import { startNamespaceController } from './namespace/controller.ts';
import { startNodeLifecycleController } from './node/controller.ts';
import { startTaintEvictionController } from './node/eviction-controller.ts';
import { startPodGarbageCollector } from './podgc/controller.ts';
import { startReplicaSetController, startReplicationController } from './replicaset/controller.ts';
import { startResourceQuotaController } from './resourcequota/controller.ts';
import { startServiceAccountController } from './serviceaccount/controller.ts';
import { createAllCaches } from './shared/all-caches.ts';
import { createCatalog } from './shared/catalog.ts';
import { startVolumeProtectionController } from './volumeprotection/controller.ts';

const CONTROLLERS = {
  deployment: startDeploymentController,
  replicaset: startReplicaSetController,
  replicationcontroller: startReplicationController,
  disruption: startDisruptionController,
  'node-lifecycle': startNodeLifecycleController,
  'taint-eviction': startTaintEvictionController,
  'pod-garbage-collector': startPodGarbageCollector,
  endpoints: startEndpointsController,
  endpointslice: startEndpointSliceController,
  namespace: startNamespaceController,
  serviceaccount: startServiceAccountController,
  'volume-protection': startVolumeProtectionController,
  resourcequota: startResourceQuotaController,
  'garbage-collector': startGarbageCollector,
} as const satisfies Record<string, StartController>;

export type ControllerName = keyof typeof CONTROLLERS;

/** Every controller that can be switched. */
export const CONTROLLER_NAMES: readonly ControllerName[] = Object.keys(CONTROLLERS) as ControllerName[];

export interface ControllerManagerOptions {
  readonly client: ApiClient;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly random: Prng;
  /** Ends the manager; runControllerManager resolves when its loops have finished the keys in hand. */
  readonly signal: AbortSignal;
  /** Without one it leads at once: right for a single process only. */
  readonly elector?: LeaderElector | undefined;
  /** The controllers to run; all when undefined. */
  readonly controllers?: readonly ControllerName[] | undefined;
  readonly metrics?: Registry | undefined;
  /** The cluster's CA certificate (PEM) for the ConfigMap kube-root-ca.crt of each namespace; undefined: none is made. */
  readonly rootCa?: string | undefined;
  /** Shared informers of the process; a factory of its own when undefined. */
  readonly informers?: InformerFactory | undefined;
}

/**
 * Runs the controllers until `signal` aborts. Throws UserError for the name of a controller that does not exist.
 */
export async function runControllerManager(options: ControllerManagerOptions): Promise<void> {
  const { client, clock, logger, random, signal, elector } = options;
  const names = checkedNames(options.controllers ?? CONTROLLER_NAMES);
  // One listener per cache and loop is what these signals are for; Node.js would take eleven for a leak.
  setMaxListeners(0, signal);
  const factory = options.informers ?? createInformerFactory({ client, clock, logger, random: random.fork() });
  const caches = createCaches(factory);
  const catalog = createCatalog({ client, clock, logger });
  await Promise.all([factory.start(signal), catalog.start(signal)]);
  if (signal.aborted) return;
  let running: readonly Loop[] = [];
  const leading = registerMetrics(options.metrics, () => running);

  const lead = async (leader: ApiClient, until: AbortSignal): Promise<void> => {
    setMaxListeners(0, until);
    leading?.set(1);
    logger.info({ controllers: names }, 'leading: the controllers start');
    const context: ControllerContext = {
      client: leader,
      caches,
      allCaches: createAllCaches({
        caches,
        informers: createInformerFactory({ client, clock, logger, random: random.fork() }),
        logger,
        signal: until,
      }),
      catalog,
      clock,
      logger,
      random: random.fork(),
      recorder: (component) => createEventRecorder({ client, component, clock, logger }),
      newQueue: () => createWorkQueue({ clock, random: random.fork() }),
      signal: until,
      settings: { rootCa: options.rootCa },
    };
    running = names.flatMap((name) => [...CONTROLLERS[name](context)]);
    await Promise.all(running.map((loop) => runController(loop, loop.queue, { clock, logger, signal: until })));
    running = [];
    leading?.set(0);
    logger.info({}, 'the controllers have stopped');
  };
  if (elector === undefined) return lead(client, signal);
  return elector.run(signal, (fence: () => Fence | undefined, until) => lead(client.fenced(fence), until));
}

function checkedNames(names: readonly ControllerName[]): readonly ControllerName[] {
  for (const name of names) {
    if (!Object.hasOwn(CONTROLLERS, name)) {
      throw new UserError(`there is no controller named ${name}`, `Choose among ${CONTROLLER_NAMES.join(', ')}.`);
    }
  }
  return names;
}

/** Answers the gauge of leadership; how many keys wait is asked for when somebody reads the metrics. */
function registerMetrics(metrics: Registry | undefined, running: () => readonly Loop[]): Gauge | undefined {
  if (metrics === undefined) return undefined;
  new Gauge({
    name: 'quorate_controller_queue_length',
    help: 'Keys that wait for a worker of the controller, while this process leads.',
    labelNames: ['controller'],
    registers: [metrics],
    collect() {
      this.reset();
      for (const { name, queue } of running()) this.set({ controller: name }, queue.length);
    },
  });
  return new Gauge({
    name: 'quorate_controller_manager_leading',
    help: '1 while this process runs the controllers, 0 while it stands by.',
    registers: [metrics],
  });
}
