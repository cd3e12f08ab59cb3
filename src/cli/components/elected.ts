// The components that elect a leader among themselves: controllers and scheduler, in a server's process or alone.
import { type ApiClient, createLeaderElector } from '../../client/index.ts';
import { runControllerManager } from '../../controllers/index.ts';
import { runScheduler } from '../../scheduler/index.ts';
import type { Environment } from '../environment.ts';
import { type ConnectionOptions, connectedClient } from './clients.ts';

const LEASE_NAMESPACE = 'kube-system';

/** Runs the controllers until the environment's signal aborts; they act while this process leads. */
export function controllerManager(
  client: ApiClient,
  environment: Environment,
  rootCa: string | undefined,
): Promise<void> {
  const { clock, logger, random, signal, metrics } = environment;
  const elector = electorFor('kube-controller-manager', client, environment);
  return runControllerManager({ client, clock, logger, random, signal, elector, metrics, rootCa });
}

/** Runs the scheduler until the environment's signal aborts; it binds while this process leads. */
export function scheduler(client: ApiClient, environment: Environment): Promise<void> {
  const { clock, logger, random, signal, metrics } = environment;
  const elector = electorFor('kube-scheduler', client, environment);
  return runScheduler({ client, clock, logger, random, signal, elector, metrics });
}

/** `quorate controller-manager`, started by hand. */
export async function runStandaloneControllerManager(
  options: ConnectionOptions,
  environment: Environment,
): Promise<void> {
  const client = connectedClient(options, 'controller-manager', environment);
  await controllerManager(client, environment, undefined);
  await client.close();
}

/** `quorate scheduler`, started by hand. */
export async function runStandaloneScheduler(options: ConnectionOptions, environment: Environment): Promise<void> {
  const client = connectedClient(options, 'scheduler', environment);
  await scheduler(client, environment);
  await client.close();
}

function electorFor(name: string, client: ApiClient, { clock, logger, random }: Environment) {
  return createLeaderElector({ client, lease: { namespace: LEASE_NAMESPACE, name }, clock, logger, random });
}
