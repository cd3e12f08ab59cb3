// WATCH: the request's options, the revision to begin at, and the transport that the client asked for.
import { WebSocketServer } from 'ws';
import { ApiError, serviceUnavailableError } from '../../api/index.ts';
import type { Revision, Snapshot } from '../../store/index.ts';
import type { Answer, Operation } from '../handlers/operation.ts';
import { snapshotAt, waitForRevision } from '../handlers/read-revision.ts';
import { parseSelection } from '../handlers/selection.ts';
import { shapeFor } from '../handlers/shape.ts';
import type { AppContext, Bindings } from '../http/env.ts';
import { answered } from '../http/exchange.ts';
import { beginStream } from '../http/respond.ts';
import { WEBSOCKET_PAYLOAD_LIMIT_BYTES } from '../limits.ts';
import { collectionRange, objectKey } from '../storage/keys.ts';
import { parseWatchRequest, type WatchRequest } from './options.ts';
import { runWatch, type WatchSession } from './session.ts';
import { httpTransport, webSocketTransport } from './transport.ts';

const webSockets = new WebSocketServer({
  noServer: true,
  perMessageDeflate: false,
  maxPayload: WEBSOCKET_PAYLOAD_LIMIT_BYTES,
  // A token in a protocol's name is never echoed: the answer names another one, or none.
  handleProtocols: (protocols) => [...protocols].find((name) => !name.startsWith('base64url.bearer.')) ?? false,
});

export async function handleWatch(operation: Operation, c: AppContext): Promise<Answer> {
  const { definition, info, query, representation, server } = operation;
  if (server.draining) throw serviceUnavailableError('the server is shutting down');
  const request = parseWatchRequest(query, server.options.random);
  const selection = parseSelection(definition, query, info.name);
  const { snapshot, from } = await beginning(operation, request);
  const named = info.name !== '' && (info.namespace !== '' || !definition.namespaced);
  const session: WatchSession = {
    server,
    request,
    range: named
      ? { prefix: objectKey(definition, info.namespace, info.name) }
      : collectionRange(definition, info.namespace),
    selection,
    shape: shapeFor(definition, representation, query, server.options.clock),
    labels: { group: definition.group, version: definition.version, kind: definition.kind },
    snapshot,
    from,
    seat: c.get('seat'),
  };
  const { exchange, upgrade } = c.env ?? {};
  if (upgrade !== undefined) {
    upgradeToWatch(session, upgrade);
  } else if (exchange !== undefined) {
    runWatch(session, httpTransport(beginStream(exchange, c, representation.contentType)));
  } else {
    throw new ApiError(400, 'BadRequest', 'a watch needs a connection');
  }
  return { kind: 'taken', response: answered(200) };
}

function upgradeToWatch(session: WatchSession, upgrade: NonNullable<Bindings['upgrade']>): void {
  webSockets.handleUpgrade(upgrade.incoming, upgrade.socket, upgrade.head, (socket) => {
    runWatch(session, webSocketTransport(socket, upgrade.socket, session.server.options.clock, session.shape.framing));
  });
}

/** What the first events show, and after which revision the changes begin. */
async function beginning(operation: Operation, request: WatchRequest): Promise<{ snapshot: Snapshot; from: Revision }> {
  const { store } = operation.server.options;
  if (request.revision === undefined) {
    const snapshot = await snapshotAt(operation, { kind: 'current' });
    return { snapshot, from: snapshot.revision };
  }
  await waitForRevision(operation, request.revision);
  const snapshot = store.snapshot();
  const resumes = request.revision > 0 && !request.initialEvents;
  return { snapshot, from: resumes ? request.revision : snapshot.revision };
}
