// The door of the chaos room, for tests that run an experiment.
export { type ClusterUnderTest, type ExperimentOptions, startExperiment } from './cluster-under-test.ts';
export type { FaultKind } from './faults/plan.ts';
export { type Answer, type Credentials, type PlainClient, plainClient } from './http.ts';
export { DIRECT_NETWORK } from './network/peer-network.ts';
export { accountsOf } from './soak/accounts.ts';
export { FULL_LOAD, type Load, STEADY_LOAD } from './soak/load.ts';
export { soakReport } from './soak/report.ts';
export { type RunOptions, runSoak, type SoakRun } from './soak/run.ts';
export { soak } from './soak/soak.ts';
