// Ends the containers of a node: at the end of its kubelet, and for a kubelet that is not there to do it.
import type { ContainerRuntime } from '../../kubelet/index.ts';
import { type Logger, messageOf } from '../../lib/index.ts';

/** At the end of a node its containers get so long between SIGTERM and SIGKILL, whatever their pods ask for. */
const SHUTDOWN_GRACE_SECONDS = 3;

/** Ends every container of this node, all pods at once. What fails is said and left. */
export async function endPods(runtime: ContainerRuntime, logger: Logger): Promise<void> {
  const pods = await runtime.pods();
  await Promise.all(
    pods.map(async (identity) => {
      try {
        const pod = await runtime.pod(identity);
        const running = pod.containers.filter((container) => container.state === 'running');
        await Promise.all(running.map((container) => runtime.stopContainer(container.id, SHUTDOWN_GRACE_SECONDS)));
        for (const container of pod.containers) await runtime.removeContainer(container.id);
        for (const sandbox of pod.sandboxes) await runtime.removeSandbox(sandbox.id);
      } catch (error) {
        logger.warn({ pod: identity, error: messageOf(error) }, 'a pod of this node could not be ended');
      }
    }),
  );
}
