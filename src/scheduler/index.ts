// The door of the scheduler room.
export type {
  ClusterEvent,
  Plugin,
  Prepared,
  Profile,
  Queued,
  Rejection,
  WeightedPlugin,
} from './framework/plugin.ts';
export { type Decision, FitError, type ScheduleOptions, schedule } from './framework/schedule.ts';
export { type NodeInfo, nodeInfo, type PodInfo, podInfo, type Snapshot } from './framework/snapshot.ts';
export { defaultProfile } from './profile.ts';
export { runScheduler, type SchedulerOptions } from './scheduler.ts';
