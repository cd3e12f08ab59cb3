// GET snapshot: the state of the cluster as of now, for `quorate snapshot save`. A stream of chunks that say when they are
// cut or damaged; it is read from the state database as the client takes it, so that it costs one chunk of memory.
import { methodNotAllowedError, tooManyRequestsError } from '../../api/index.ts';
import { messageOf } from '../../lib/index.ts';
import type { ServerContext } from '../context.ts';
import type { AppContext } from '../http/env.ts';
import { RETRY_AFTER_SECONDS, SNAPSHOT_IDLE_LIMIT_MS, SNAPSHOTS_LIMIT } from '../limits.ts';

/** The streams that each server sends at present. */
const streaming = new WeakMap<ServerContext, number>();

/** Throws ApiError 405 (HEAD: there is no size to tell), 429, and 504 when no majority confirms that the state is current. */
export async function serveSnapshot(server: ServerContext, c: AppContext): Promise<Response> {
  if (c.req.method !== 'GET') throw methodNotAllowedError();
  const count = streaming.get(server) ?? 0;
  if (count >= SNAPSHOTS_LIMIT || server.draining)
    throw tooManyRequestsError(`${count} snapshots are being sent already`, RETRY_AFTER_SECONDS);
  streaming.set(server, count + 1);
  const over = (): void => void streaming.set(server, (streaming.get(server) ?? 1) - 1);
  try {
    const chunks = await server.options.store.backup(c.get('signal'));
    server.options.logger.info({ by: c.get('user').name }, 'a snapshot is being sent');
    const headers = { 'content-type': 'application/octet-stream', 'cache-control': 'no-store' };
    return new Response(streamOf(server, chunks, over), { status: 200, headers });
  } catch (error) {
    over();
    throw error;
  }
}

/** Ends with an error, which breaks the connection, when the client takes nothing for a while or the server drains. */
function streamOf(
  server: ServerContext,
  chunks: AsyncIterable<Uint8Array<ArrayBuffer>>,
  over: () => void,
): ReadableStream<Uint8Array<ArrayBuffer>> {
  const source = chunks[Symbol.asyncIterator]();
  const { clock, logger } = server.options;
  let abort = (_reason: string): void => {};
  const drain = (): void => abort('the server stops');
  const watchIdleness = () =>
    clock.timer(SNAPSHOT_IDLE_LIMIT_MS, () => abort(`nobody took anything for ${SNAPSHOT_IDLE_LIMIT_MS / 1000} s`));
  let idle = watchIdleness();
  let ended = false;
  const end = (): void => {
    if (ended) return;
    ended = true;
    idle.cancel();
    server.streams.delete(drain);
    over();
    // What it holds of the database is let go; it was reading for nobody.
    source.return?.().catch((error: unknown) => logger.warn({ error: messageOf(error) }, 'a snapshot ended badly'));
  };
  server.streams.add(drain);
  return new ReadableStream<Uint8Array<ArrayBuffer>>(
    {
      start(controller) {
        abort = (reason) => {
          if (!ended) controller.error(new Error(`the snapshot was given up: ${reason}`));
          end();
        };
      },
      async pull(controller) {
        idle.cancel();
        const next = await source.next().catch((error: unknown) => {
          end();
          throw error;
        });
        if (ended) return;
        if (next.done === true) {
          end();
          controller.close();
          return;
        }
        idle = watchIdleness();
        controller.enqueue(next.value);
      },
      cancel: end,
    },
    { highWaterMark: 1 },
  );
}
