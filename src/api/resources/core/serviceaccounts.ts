// Service accounts: who a pod is. Tokens are asked for through the token subresource.
import { defineResource } from '../define.ts';

export const SERVICE_ACCOUNTS = defineResource({
  group: '',
  version: 'v1',
  plural: 'serviceaccounts',
  kind: 'ServiceAccount',
  namespaced: true,
  shortNames: ['sa'],
  subresources: [
    { name: 'token', verbs: ['create'], kind: 'TokenRequest', group: 'authentication.k8s.io', version: 'v1' },
  ],
});
