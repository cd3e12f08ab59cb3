// The typed clients of @kubernetes/client-node, each request to a server chosen at random.
import {
  type Configuration,
  createConfiguration,
  type KubeConfig,
  Observable,
  type RequestContext,
  ServerConfiguration,
} from '@kubernetes/client-node';
import type { ServerPool } from './pool.ts';

type ApiClass<T> = new (configuration: Configuration) => T;

/** Stands where the server's address goes before a server is chosen. */
const PLACEHOLDER = 'https://127.0.0.1:1';

/** Makes a client of an API class, such as CoreV1Api. */
export function apiClients(pool: ServerPool, kubeconfig: KubeConfig): <T>(api: ApiClass<T>) => T {
  const plain = createConfiguration({}).httpApi;
  const configuration = createConfiguration({
    baseServer: new ServerConfiguration(PLACEHOLDER, {}),
    authMethods: { default: kubeconfig },
    httpApi: {
      send: (request: RequestContext) =>
        new Observable(
          pool.use((url) => {
            request.setUrl(request.getUrl().replace(PLACEHOLDER, url));
            return plain.send(request).toPromise();
          }),
        ),
    },
  });
  return (api) => new api(configuration);
}
