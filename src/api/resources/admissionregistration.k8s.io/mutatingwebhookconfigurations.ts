// Mutating webhooks: who is asked to change objects before they are stored.
import type { MutatingWebhookConfiguration } from '../../cluster-types.ts';
import { defaultWebhooks, validateWebhooks } from '../../validation/admission/webhooks.ts';
import { AGE_COLUMN, column, defineResource, NAME_COLUMN } from '../define.ts';
import { generationBy } from '../strategies.ts';

export const MUTATING_WEBHOOK_CONFIGURATIONS = defineResource({
  group: 'admissionregistration.k8s.io',
  version: 'v1',
  plural: 'mutatingwebhookconfigurations',
  kind: 'MutatingWebhookConfiguration',
  namespaced: false,
  categories: ['api-extensions'],
  columns: [
    NAME_COLUMN,
    column<MutatingWebhookConfiguration>('Webhooks', ({ webhooks }) => webhooks?.length ?? 0, { type: 'integer' }),
    AGE_COLUMN,
  ],
  strategy: {
    ...generationBy('webhooks'),
    allowUnconditionalUpdate: false,
    applyDefaults(object) {
      const { webhooks } = object as MutatingWebhookConfiguration;
      defaultWebhooks(webhooks);
      for (const webhook of webhooks ?? []) webhook.reinvocationPolicy ??= 'Never';
    },
    validate: (object) => validateWebhooks((object as MutatingWebhookConfiguration).webhooks),
  },
});
