// A watcher that does not take its events costs a bounded amount of memory, and nobody else anything.
import { describe, expect, it } from 'vitest';
import { shapeFor } from '../../src/apiserver/handlers/shape.ts';
import { PLAIN_JSON } from '../../src/apiserver/http/negotiate.ts';
import { WATCH_BUDGET_BYTES } from '../../src/apiserver/limits.ts';
import { runWatch } from '../../src/apiserver/watch/session.ts';
import type { WatchTransport } from '../../src/apiserver/watch/transport.ts';
import { defined } from '../../src/lib/index.ts';
import { resourceRange } from '../../src/store/index.ts';
import { CONFIG_MAPS, configMap, testApi } from './harness.ts';

/** A client that takes nothing, until it is told to. */
function stuckTransport(): WatchTransport & { sent: number; state: string } {
  return {
    sent: 0,
    state: 'open',
    send(events) {
      for (const event of events) this.sent += event.length;
    },
    pendingBytes() {
      return this.sent;
    },
    drained: () => Promise.resolve(),
    end() {
      this.state = 'ended';
    },
    destroy() {
      this.state = 'destroyed';
    },
    onClosed() {},
  };
}

describe('a slow watcher', () => {
  it('is broken off when more than its budget waits for it', async () => {
    const api = await testApi();
    const { context, store, clock } = api;
    const definition = defined(context.options.registry.find('', 'v1', 'configmaps'), 'config maps');
    const transport = stuckTransport();
    const snapshot = store.snapshot();
    runWatch(
      {
        server: context,
        request: {
          revision: undefined,
          initialEvents: false,
          markInitialEnd: false,
          bookmarks: false,
          timeoutSeconds: 60,
        },
        range: resourceRange('configmaps'),
        selection: { everything: true, matches: () => true },
        shape: shapeFor(definition, PLAIN_JSON, new URLSearchParams(), clock),
        labels: { group: '', version: 'v1', kind: 'ConfigMap' },
        snapshot,
        from: snapshot.revision,
      },
      transport,
    );
    expect(context.streams.size).toBe(1);
    const large = 'x'.repeat(900_000);
    for (let at = 0; transport.sent <= WATCH_BUDGET_BYTES; at++) {
      expect(transport.state).toBe('open');
      expect((await api.call('POST', CONFIG_MAPS, configMap(`c${at}`, { large }))).status).toBe(201);
      await new Promise(setImmediate);
    }
    expect(transport.state).toBe('destroyed');
    expect(context.streams.size).toBe(0);
    const sent = transport.sent;
    await api.call('POST', CONFIG_MAPS, configMap('after'));
    await new Promise(setImmediate);
    expect(transport.sent).toBe(sent);
  });
});
