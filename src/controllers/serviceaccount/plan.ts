// What every namespace needs from the first moment: the ServiceAccount `default`, and the CA that pods verify servers with.
import { type ConfigMap, equalJson, type Namespace, type Served, type ServiceAccount } from '../../api/index.ts';

export const DEFAULT_ACCOUNT = 'default';
export const ROOT_CA = 'kube-root-ca.crt';

export type NamespaceNeed =
  | { readonly kind: 'createAccount'; readonly account: ServiceAccount }
  | { readonly kind: 'createRootCa'; readonly configMap: ConfigMap }
  | { readonly kind: 'updateRootCa'; readonly configMap: Served<ConfigMap> };

/** What is missing in a namespace. Nothing is made in one that goes. `rootCa` undefined: there is no CA to publish. */
export function planNamespaceNeeds(
  namespace: Served<Namespace>,
  account: Served<ServiceAccount> | undefined,
  configMap: Served<ConfigMap> | undefined,
  rootCa: string | undefined,
): readonly NamespaceNeed[] {
  if (namespace.metadata.deletionTimestamp !== undefined || namespace.status?.phase === 'Terminating') return [];
  const needs: NamespaceNeed[] = [];
  const { name } = namespace.metadata;
  if (account === undefined) {
    const metadata = { name: DEFAULT_ACCOUNT, namespace: name };
    needs.push({ kind: 'createAccount', account: { apiVersion: 'v1', kind: 'ServiceAccount', metadata } });
  }
  if (rootCa === undefined) return needs;
  const data = { 'ca.crt': rootCa };
  if (configMap === undefined) {
    const annotations = {
      'kubernetes.io/description':
        'The certificate authority of this cluster. Verify the API servers with it, and nothing else.',
    };
    const metadata = { name: ROOT_CA, namespace: name, annotations };
    needs.push({ kind: 'createRootCa', configMap: { apiVersion: 'v1', kind: 'ConfigMap', metadata, data } });
  } else if (!equalJson(configMap.data, data)) {
    needs.push({ kind: 'updateRootCa', configMap: { ...configMap, data } });
  }
  return needs;
}
