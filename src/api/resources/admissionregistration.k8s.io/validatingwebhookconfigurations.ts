// Validating webhooks: who is asked whether objects may be stored.
import type { ValidatingWebhookConfiguration } from '../../cluster-types.ts';
import { defaultWebhooks, validateWebhooks } from '../../validation/admission/webhooks.ts';
import { AGE_COLUMN, column, defineResource, NAME_COLUMN } from '../define.ts';
import { generationBy } from '../strategies.ts';

export const VALIDATING_WEBHOOK_CONFIGURATIONS = defineResource({
  group: 'admissionregistration.k8s.io',
  version: 'v1',
  plural: 'validatingwebhookconfigurations',
  kind: 'ValidatingWebhookConfiguration',
  namespaced: false,
  categories: ['api-extensions'],
  columns: [
    NAME_COLUMN,
    column<ValidatingWebhookConfiguration>('Webhooks', ({ webhooks }) => webhooks?.length ?? 0, { type: 'integer' }),
    AGE_COLUMN,
  ],
  strategy: {
    ...generationBy('webhooks'),
    allowUnconditionalUpdate: false,
    applyDefaults: (object) => defaultWebhooks((object as ValidatingWebhookConfiguration).webhooks),
    validate: (object) => validateWebhooks((object as ValidatingWebhookConfiguration).webhooks),
  },
});
