// Opens the store of one member: its Raft node with threads of its own, its state database, and the two joined.
import { randomUUID } from 'node:crypto';
import type { ServerTuning } from '../../../cluster/index.ts';
import {
  type ConsensusOptions,
  type ConsensusTuning,
  createConsensus,
  type StartedThreads,
  type ThreadFiles,
} from '../../../raft/adapters/index.ts';
import type { NodeId } from '../../../raft/core/index.ts';
import { createReplicatedStore, nodeDiskSpace, type ObjectStore } from '../../store/index.ts';
import type { BuiltFiles, Environment } from '../environment.ts';
import { prepareDirectory } from './data-directory.ts';
import { StateFolder } from './state-folder.ts';

/** Seeds are 32 bits. */
const SEED_BOUND = 0x1_0000_0000;

export interface MemberParts {
  readonly id: string;
  readonly clusterId: string;
  readonly directory: string;
  /** Who votes in an empty log. */
  readonly founders: readonly string[];
  /** Member id → host:port, this member included. */
  readonly peers: Readonly<Record<string, string>>;
  readonly listen: ConsensusOptions['listen'];
  readonly tls: ConsensusOptions['tls'];
  readonly diskReserveBytes?: number;
  readonly tuning?: ServerTuning | undefined;
}

/** The threads of a member, of the built files. */
export function threadFiles({ raftThread, logThread }: BuiltFiles): ThreadFiles {
  return { raft: raftThread, log: logThread };
}

/** The store is opened, not started: its peers need not be there yet. Throws UserError or DamageError. */
export async function openMemberStore(
  parts: MemberParts,
  environment: Environment,
  threads: ThreadFiles | StartedThreads,
): Promise<ObjectStore> {
  prepareDirectory(parts.directory);
  const consensus = createConsensus({
    config: {
      id: parts.id as NodeId,
      clusterId: parts.clusterId,
      membership: { voters: parts.founders as NodeId[], learners: [] },
      // Whoever is no founder waits to be added, and never makes a cluster of its own.
      join: !parts.founders.includes(parts.id),
      peerAddresses: parts.peers,
      seed: environment.random.int(SEED_BOUND),
    },
    environment,
    directory: parts.directory,
    listen: parts.listen,
    tls: parts.tls,
    threads,
    metrics: environment.metrics,
    tuning: consensusTuning(parts.tuning),
  });
  const { clock, logger, fatal, metrics } = environment;
  const state = new StateFolder(parts.directory, environment);
  const { keyValue, stateDamage } = await state.open().catch(async (error: unknown) => {
    await consensus.stop();
    throw error;
  });
  return createReplicatedStore({
    consensus,
    keyValue,
    stateDamage,
    setStateAside: (found) => state.setAside(found),
    clock,
    logger,
    fatal,
    metrics,
    historyLimitBytes: parts.tuning?.historyLimitBytes,
    origin: `${parts.id}/${randomUUID()}`,
    diskSpace: nodeDiskSpace(parts.directory),
    ...(parts.diskReserveBytes === undefined ? {} : { diskReserveBytes: parts.diskReserveBytes }),
  });
}

function consensusTuning(tuning: ServerTuning = {}): ConsensusTuning {
  const { logSegmentBytes, logKeptBytes, logLaggardBytes, loopDelayResolutionMs } = tuning;
  return {
    log: {
      ...(logSegmentBytes === undefined
        ? {}
        : { segmentLimitBytes: logSegmentBytes, segmentStepBytes: logSegmentBytes }),
      ...(logKeptBytes === undefined ? {} : { keptBytes: logKeptBytes }),
      ...(logLaggardBytes === undefined ? {} : { laggardBytes: logLaggardBytes }),
    },
    loopDelayResolutionMs,
  };
}
