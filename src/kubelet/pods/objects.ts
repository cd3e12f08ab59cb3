// The objects that pods refer to: ConfigMaps and Secrets, asked for when they are needed.
import type { ConfigMap, Secret } from '../../api/index.ts';
import { type ApiClient, CONFIG_MAPS, isNotFound, SECRETS } from '../../client/index.ts';
import type { ApiAddressForPods } from '../options.ts';

/** What cannot go on until the user (or a controller) does something; the message is what events say. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}

export interface ReferencedObjects {
  configMap(namespace: string, name: string): Promise<ConfigMap | undefined>;
  secret(namespace: string, name: string): Promise<Secret | undefined>;
}

/** The ConfigMap every namespace gets, with the cluster's CA. */
const ROOT_CA = 'kube-root-ca.crt';

/** Asks the API each time. Where the cluster's CA is not published yet, the kubelet's own copy stands in. */
export function referencedObjects(client: ApiClient, api: ApiAddressForPods): ReferencedObjects {
  const found = async <T>(request: Promise<T>): Promise<T | undefined> => {
    try {
      return await request;
    } catch (error) {
      if (isNotFound(error)) return undefined;
      throw error;
    }
  };
  return {
    async configMap(namespace, name) {
      const object = await found(client.get(CONFIG_MAPS, { namespace, name }));
      if (object !== undefined || name !== ROOT_CA || api.caPem === undefined) return object;
      return { metadata: { namespace, name }, data: { 'ca.crt': api.caPem } };
    },
    secret: (namespace, name) => found(client.get(SECRETS, { namespace, name })),
  };
}

/** All keys of a ConfigMap or Secret as bytes. */
export function contentOf(object: ConfigMap | Secret): ReadonlyMap<string, Buffer> {
  const content = new Map<string, Buffer>();
  const isSecret = object.kind === 'Secret' || 'stringData' in object || 'type' in object;
  for (const [key, value] of Object.entries(object.data ?? {})) {
    content.set(key, Buffer.from(value, isSecret ? 'base64' : 'utf8'));
  }
  const binary = (object as ConfigMap).binaryData ?? {};
  for (const [key, value] of Object.entries(binary)) content.set(key, Buffer.from(value, 'base64'));
  return content;
}
