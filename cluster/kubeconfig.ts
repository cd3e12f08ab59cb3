// The kubeconfig that `up` writes: one cluster, one user, one context, everything embedded, so that it may be copied.
import { stringify } from 'yaml';

export interface KubeconfigParts {
  /** Of cluster, user and context. */
  readonly name: string;
  readonly server: string;
  readonly caPem: string;
  readonly certPem: string;
  readonly keyPem: string;
}

/** The kubeconfig as YAML. */
export function kubeconfigYaml(parts: KubeconfigParts): string {
  const base64 = (text: string): string => Buffer.from(text).toString('base64');
  return stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [
      { name: parts.name, cluster: { server: parts.server, 'certificate-authority-data': base64(parts.caPem) } },
    ],
    users: [
      {
        name: `${parts.name}-admin`,
        user: { 'client-certificate-data': base64(parts.certPem), 'client-key-data': base64(parts.keyPem) },
      },
    ],
    contexts: [{ name: parts.name, context: { cluster: parts.name, user: `${parts.name}-admin` } }],
    'current-context': parts.name,
  });
}
