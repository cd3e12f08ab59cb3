// Finds the container whose log was asked for, by the names Kubernetes users know it by.
import type { Pod, Served } from '../../api/index.ts';
import type { Clock } from '../../lib/index.ts';
import { allContainers, identityOf } from '../pods/spec.ts';
import type { ContainerRuntime } from '../runtime/port.ts';
import type { LogRequest } from './log-request.ts';
import { AnswerError } from './server.ts';

/** Throws AnswerError: 404 for an unknown pod or container, 400 for a log that there is not (yet). */
export async function containerLogs(
  runtime: ContainerRuntime,
  clock: Clock,
  pods: readonly Served<Pod>[],
  request: LogRequest,
  signal: AbortSignal,
): Promise<AsyncIterable<Uint8Array>> {
  const { namespace, pod: name, container } = request;
  const pod = pods.find(({ metadata }) => metadata.namespace === namespace && metadata.name === name);
  if (pod === undefined) throw new AnswerError(404, `pod "${name}" not found`);
  if (!allContainers(pod).some((roled) => roled.container.name === container)) {
    throw new AnswerError(404, `container "${container}" not found in pod "${name}"`);
  }
  const { containers } = await runtime.pod(identityOf(pod));
  const started = containers.filter((record) => record.name === container && record.state !== 'created');
  const record = request.previous ? started[1] : started[0];
  // A container that waits out its back-off has ended: its log is the last one there is.
  if (record === undefined) {
    const what = request.previous
      ? `previous terminated container "${container}" in pod "${name}" not found`
      : `container "${container}" in pod "${name}" is waiting to start: ${waitingReason(pod, container)}`;
    throw new AnswerError(400, what);
  }
  const { follow, tailLines, timestamps, sinceSeconds, sinceTimeMs } = request;
  const sinceMs = sinceSeconds === undefined ? sinceTimeMs : clock.now() - sinceSeconds * 1_000;
  return runtime.logs(record.id, { follow: follow && !request.previous, tailLines, sinceMs, timestamps, signal });
}

/** Kubernetes has words for images; of other reasons it gives the name. */
const WAITING_WORDS: Readonly<Record<string, string>> = {
  ErrImagePull: "image can't be pulled",
  ImagePullBackOff: 'trying and failing to pull image',
};

function waitingReason(pod: Served<Pod>, container: string): string {
  const statuses = [...(pod.status?.containerStatuses ?? []), ...(pod.status?.initContainerStatuses ?? [])];
  const reason = statuses.find(({ name }) => name === container)?.state?.waiting?.reason ?? 'ContainerCreating';
  return WAITING_WORDS[reason] ?? reason;
}
