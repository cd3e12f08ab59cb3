// What a namespace's status says while its contents go, in the conditions and words that users of `kubectl describe` know.
import type { Namespace } from '../../api/index.ts';

type NamespaceStatus = NonNullable<Namespace['status']>;
type NamespaceCondition = NonNullable<NamespaceStatus['conditions']>[number];

/** What remains of one resource in the namespace. */
export interface Remains {
  /** `pods`, `deployments.apps`. */
  readonly resource: string;
  readonly count: number;
  /** Finalizer → how many objects wait for it. */
  readonly finalizers: ReadonlyMap<string, number>;
}

/** What came of one attempt to empty a namespace. */
export interface Emptying {
  /** Group versions whose discovery failed: their objects may still be there. */
  readonly undiscovered: readonly string[];
  /** Failed deletions, as text. */
  readonly failures: readonly string[];
  readonly remains: readonly Remains[];
}

/** Nothing is left, as far as everybody was asked: the namespace may go. */
export function isEmptied({ undiscovered, failures, remains }: Emptying): boolean {
  return undiscovered.length === 0 && failures.length === 0 && remains.every(({ count }) => count === 0);
}

/** The status of a namespace that is being deleted, after an attempt to empty it. */
export function terminatingStatus(old: NamespaceStatus | undefined, outcome: Emptying, now: string): NamespaceStatus {
  const counted = outcome.remains.filter(({ count }) => count > 0);
  const finalizers = new Map<string, number>();
  for (const { finalizers: waiting } of counted) {
    for (const [name, count] of waiting) finalizers.set(name, (finalizers.get(name) ?? 0) + count);
  }
  const contents = counted.map(({ resource, count }) => `${dotted(resource)} has ${count} resource instances`).sort();
  const waits = [...finalizers].map(([name, count]) => `${name} in ${count} resource instances`).sort();
  const conditions = [
    condition(outcome.undiscovered.length > 0, {
      type: 'NamespaceDeletionDiscoveryFailure',
      bad: ['DiscoveryFailed', discoveryText(outcome.undiscovered)],
      good: ['ResourcesDiscovered', 'All resources successfully discovered'],
    }),
    condition(false, {
      type: 'NamespaceDeletionGroupVersionParsingFailure',
      bad: ['GroupVersionParsingFailed', ''],
      good: ['ParsedGroupVersions', 'All legacy kube types successfully parsed'],
    }),
    condition(outcome.failures.length > 0, {
      type: 'NamespaceDeletionContentFailure',
      bad: ['ContentDeletionFailed', failuresText(outcome.failures)],
      good: ['ContentDeleted', 'All content successfully deleted, may be waiting on finalization'],
    }),
    condition(contents.length > 0, {
      type: 'NamespaceContentRemaining',
      bad: ['SomeResourcesRemain', `Some resources are remaining: ${contents.join(', ')}`],
      good: ['ContentRemoved', 'All content successfully removed'],
    }),
    condition(waits.length > 0, {
      type: 'NamespaceFinalizersRemaining',
      bad: ['SomeFinalizersRemain', `Some content in the namespace has finalizers remaining: ${waits.join(', ')}`],
      good: ['ContentHasNoFinalizers', 'All content-preserving finalizers finished'],
    }),
  ];
  return { ...old, phase: 'Terminating', conditions: merged(old?.conditions ?? [], conditions, now) };
}

/** `pods.`, `deployments.apps`: resource and group, of which the core one has no name. */
function dotted(resource: string): string {
  return resource.includes('.') ? resource : `${resource}.`;
}

function discoveryText(groupVersions: readonly string[]): string {
  const list = groupVersions.join(', ');
  return `Discovery failed for some groups, ${groupVersions.length} failing: unable to retrieve the complete list of server APIs: ${list}`;
}

function failuresText(failures: readonly string[]): string {
  const list = failures.length === 1 ? failures.join('') : `[${failures.join(', ')}]`;
  return `Failed to delete all resource types, ${failures.length} remaining: ${list}`;
}

interface Wording {
  readonly type: string;
  readonly bad: readonly [reason: string, message: string];
  readonly good: readonly [reason: string, message: string];
}

function condition(holds: boolean, { type, bad, good }: Wording): NamespaceCondition {
  const [reason, message] = holds ? bad : good;
  return { type, status: holds ? 'True' : 'False', reason, message };
}

function merged(
  old: readonly NamespaceCondition[],
  next: readonly NamespaceCondition[],
  now: string,
): NamespaceCondition[] {
  const others = old.filter(({ type }) => !next.some((each) => each.type === type));
  const dated = next.map((each) => {
    const before = old.find(({ type }) => type === each.type);
    const kept = before?.status === each.status ? before.lastTransitionTime : undefined;
    return { ...each, lastTransitionTime: kept ?? now };
  });
  return [...others, ...dated];
}
