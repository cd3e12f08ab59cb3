// Bind: writes the decision as a Binding, with the pod's uid, so that it can only ever mean this pod.
import { type ApiClient, bindingOf, nameOf, PODS } from '../../../client/index.ts';
import type { Plugin } from '../../framework/plugin.ts';
import { BIND_TIMEOUT_MS } from '../../limits.ts';

export function defaultBinder(client: ApiClient): Plugin {
  return {
    name: 'DefaultBinder',
    async bind({ pod }, node, signal) {
      const options = { signal, timeoutMs: BIND_TIMEOUT_MS };
      await client.createSubresource(PODS, nameOf(pod), 'binding', bindingOf(pod, node), options);
      return true;
    },
  };
}
