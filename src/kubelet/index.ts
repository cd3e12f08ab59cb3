// The door of the kubelet room: the kubelet itself and the runtimes it can drive.
export type { ApiAddressForPods, KubeletOptions, NodeCapacity } from './options.ts';
export { runKubelet } from './run.ts';
export { type DockerRuntimeOptions, dockerAnswers, dockerRuntime } from './runtime/docker/runtime.ts';
export type { ContainerRuntime, RuntimeInfo } from './runtime/port.ts';
export { type SimulatedRuntimeOptions, simulatedRuntime } from './runtime/simulated/runtime.ts';
