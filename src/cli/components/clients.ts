// Clients of components: from a configuration's certificate, from a kubeconfig, or over plain HTTP when asked for.
import type { ClientConfig } from '../../../cluster/index.ts';
import { type ApiClient, createClient, loadKubeconfig } from '../../client/index.ts';
import { UserError } from '../../lib/index.ts';
import type { Environment } from '../environment.ts';
import { readText } from './config-file.ts';

/** What components call themselves, as Kubernetes' own do: it is the name under which the fields that they write are known. */
const AGENTS: Readonly<Record<string, string>> = {
  'controller-manager': 'kube-controller-manager',
  scheduler: 'kube-scheduler',
};

/** How a component started by hand finds the API. */
export interface ConnectionOptions {
  readonly apiServer: string | undefined;
  readonly kubeconfig: string | undefined;
}

export function configuredClient(config: ClientConfig, component: string, environment: Environment): ApiClient {
  return createClient({
    ...runtimeParts(component, environment),
    endpoints: config.endpoints,
    tls: {
      ca: readText(config.caFile),
      cert: readText(config.certificate.cert),
      key: readText(config.certificate.key),
    },
  });
}

/** Throws UserError when neither way is given, or both. */
export function connectedClient(options: ConnectionOptions, component: string, environment: Environment): ApiClient {
  const parts = runtimeParts(component, environment);
  if (options.kubeconfig !== undefined && options.apiServer === undefined) {
    return createClient({ ...parts, ...loadKubeconfig(options.kubeconfig) });
  }
  if (options.apiServer !== undefined && options.kubeconfig === undefined) {
    return createClient({ ...parts, endpoints: [options.apiServer] });
  }
  throw new UserError(
    `${component} does not know where the API is`,
    'Give either --api-server URL (plain HTTP) or --kubeconfig FILE.',
    { exitCode: 2 },
  );
}

function runtimeParts(component: string, environment: Environment) {
  const { clock, logger, random } = environment;
  return { clock, logger, random, userAgent: `${AGENTS[component] ?? component}/0.1.0` };
}
