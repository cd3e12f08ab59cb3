// The door of the chaos room, for tests that run an experiment.
export { type ClusterUnderTest, type ExperimentOptions, startExperiment } from './cluster-under-test.ts';
export { type Answer, type Credentials, type PlainClient, plainClient } from './http.ts';
export { type KillLeaderResult, killLeader } from './scenarios/kill-leader.ts';
export type { PauseLeaderResult } from './scenarios/pause-leader.ts';
