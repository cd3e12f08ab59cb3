// The door of the chaos room, for tests that run an experiment.
export { type ClusterUnderTest, type ExperimentOptions, startExperiment } from './cluster-under-test.ts';
export { FAULT_KINDS } from './faults/plan.ts';
export { type Answer, type Credentials, type PlainClient, plainClient } from './http.ts';
export { type KillLeaderResult, killLeader } from './scenarios/kill-leader.ts';
export type { PauseLeaderResult } from './scenarios/pause-leader.ts';
export { soakReport } from './soak/report.ts';
export { type RunOptions, runSoak, type SoakRun } from './soak/run.ts';
