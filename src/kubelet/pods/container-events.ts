// Events about one container of a pod: they say which by its place in the spec, as `kubectl get events -o wide` shows it.
import type { Pod, Served } from '../../api/index.ts';
import type { EventRecorder } from '../../client/index.ts';

const LISTS = ['containers', 'initContainers', 'ephemeralContainers'] as const;

/** `spec.containers{main}`; undefined when the pod has no container of that name. */
export function containerPath({ spec }: Pod, name: string): string | undefined {
  const list = LISTS.find((each) => spec?.[each]?.some((container) => container.name === name) === true);
  return list === undefined ? undefined : `spec.${list}{${name}}`;
}

/** A recorder of events about that container. */
export function eventsOf(
  events: EventRecorder,
  pod: Served<Pod>,
  container: string,
): (type: 'Normal' | 'Warning', reason: string, message: string) => void {
  const path = containerPath(pod, container);
  return (type, reason, message) => events.event(pod, type, reason, message, path);
}
