// Service accounts: who a pod is. Tokens are asked for through the token subresource.
import type { ServiceAccount } from '../../types.ts';
import { AGE_COLUMN, column, defineResource, NAME_COLUMN } from '../define.ts';

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
  columns: [
    NAME_COLUMN,
    column<ServiceAccount>('Secrets', ({ secrets }) => secrets?.length ?? 0, { type: 'integer' }),
    AGE_COLUMN,
  ],
});
