// The Raft thread: consensus and network of one member, away from HTTP and the state machine, so that no long turn of
// theirs delays a heartbeat. Its disk calls happen on the log thread; only what is older than memory is read here.
import { parentPort, workerData } from 'node:worker_threads';
import { assert, favourThisThread, type Logger, systemClock } from '../../../src/lib/index.ts';
import { type Channel, type FromNode, serveConsensus, type ToNode } from '../../node/index.ts';
import { LOOP_DELAY_RESOLUTION_MS } from '../limits.ts';
import { watchLoopDelay } from '../loop-delay.ts';
import { MemberFiles } from '../member-files.ts';
import { webSocketTransport } from '../websocket/transport.ts';
import { portChannel } from './port-channel.ts';
import type { FromRaftThread, LogLevel, RaftThreadData, RaftThreadMember } from './raft-thread-protocol.ts';
import { ThreadLogWriter } from './thread-log-writer.ts';

const port = parentPort;
assert(port !== null, 'raft-thread.ts runs as a worker');
favourThisThread();
const channel: Channel<FromRaftThread, ToNode> = portChannel(port);
const clock = systemClock();
const logger = forwardingLogger({});
// At once: it comes up while this thread waits to be told whose it is.
const writer = new ThreadLogWriter(new URL((workerData as RaftThreadData).logThread));
port.once('message', serve);

function serve({ config, directory, listen, tls, tuning }: RaftThreadMember): void {
  const files = new MemberFiles(directory, config, { clock, logger }, tuning?.log);
  writer.writeTo(files.logDirectory);
  const delays = watchLoopDelay(clock, tuning?.loopDelayResolutionMs ?? LOOP_DELAY_RESOLUTION_MS, (window) =>
    channel.post({ kind: 'loopDelay', window }),
  );
  serveConsensus(channel as Channel<FromNode, ToNode>, {
    config,
    clock,
    logger,
    openLog: (mustExist) => files.openLog(mustExist),
    openWriter: () => writer,
    openTransport: ({ incarnation, former }) =>
      webSocketTransport({ config, listen, tls, clock, logger, incarnation, former, directory }),
    defer: (turn) => void setImmediate(turn),
    release: () => files.release(),
    stopped() {
      delays.stop();
      // Whether the node got as far as using it or not.
      void writer.close();
      port?.close();
    },
  });
}

/** Lines go to the main thread, where the component's logger is. */
function forwardingLogger(bound: Readonly<Record<string, unknown>>): Logger {
  const line =
    (level: LogLevel) =>
    (fields: Readonly<Record<string, unknown>>, message: string): void =>
      channel.post({ kind: 'line', level, fields: { ...bound, ...fields }, message });
  return {
    debug: line('debug'),
    info: line('info'),
    warn: line('warn'),
    error: line('error'),
    child: (fields) => forwardingLogger({ ...bound, ...fields }),
  };
}
