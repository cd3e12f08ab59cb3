// Runs a kubelet until its signal aborts.
import type { KubeletOptions } from './options.ts';

/** Registers the node, runs its pods, and resolves when `signal` aborted and everything of its own is closed. */
export function runKubelet(options: KubeletOptions): Promise<void> {
  return Promise.reject(new Error(`the kubelet of ${options.nodeName} is being written`));
}
