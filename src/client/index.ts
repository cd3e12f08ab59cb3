// The door of the client room.
export { type ClientOptions, createClient } from './client.ts';
export { type ControllerRuntime, runController } from './controller.ts';
export type { TlsOptions } from './endpoints.ts';
export * from './errors.ts';
export { createEventRecorder, type EventRecorderOptions } from './events.ts';
export { createInformer, createInformerFactory, type InformerRuntime } from './informer.ts';
export { type Kubeconfig, loadKubeconfig } from './kubeconfig.ts';
export { createLeaderElector, type LeaderElectorOptions } from './leader.ts';
export * from './resources.ts';
export type * from './types.ts';
export { createWorkQueue, type WorkQueueOptions } from './work-queue.ts';
