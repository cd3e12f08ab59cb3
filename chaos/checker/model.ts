// A register as the checker sees it: what one operation makes of a state. Pure.
//
// The state may hold less than everything: the revision of a write whose answer was lost is not known until something
// shows it, and a window in the middle of a history begins with anything.
import type { Version } from '../history/operation.ts';

/** What an operation claims about the register, and what it makes of it. */
export type Effect =
  | { readonly kind: 'found'; readonly version: Version }
  | { readonly kind: 'foundAbsent' }
  | { readonly kind: 'foundPresent' }
  /** The register was there, at another revision. */
  | { readonly kind: 'foundOther'; readonly revision: number }
  | { readonly kind: 'write'; readonly value: string; readonly revision: number | undefined }
  | {
      readonly kind: 'cas';
      readonly value: string;
      readonly revision: number | undefined;
      readonly expected: number;
    }
  | { readonly kind: 'create'; readonly value: string; readonly revision: number | undefined }
  | { readonly kind: 'delete' };

export type RegisterState =
  | { readonly kind: 'anything' }
  /** `floor`: no later write has a revision at or below it. */
  | { readonly kind: 'absent'; readonly floor: number }
  | {
      readonly kind: 'present';
      readonly floor: number;
      readonly value: string;
      /** Undefined: above the floor, otherwise not known. */
      readonly revision: number | undefined;
    };

export const ABSENT: RegisterState = { kind: 'absent', floor: 0 };
export const ANYTHING: RegisterState = { kind: 'anything' };

/** The state after the effect; undefined when the effect cannot happen in this state. */
export function step(state: RegisterState, effect: Effect): RegisterState | undefined {
  switch (effect.kind) {
    case 'found':
      return found(state, effect.version.value, effect.version.revision);
    case 'foundAbsent':
      if (state.kind === 'anything') return ABSENT;
      return state.kind === 'absent' ? state : undefined;
    case 'foundPresent':
      return state.kind === 'absent' ? undefined : state;
    case 'foundOther':
      if (state.kind === 'anything') return state;
      return state.kind === 'present' && state.revision !== effect.revision ? state : undefined;
    case 'write':
      return state.kind === 'absent' ? undefined : written(state, effect.value, effect.revision);
    case 'cas': {
      const before = withRevision(state, effect.expected);
      return before === undefined ? undefined : written(before, effect.value, effect.revision);
    }
    case 'create':
      return state.kind === 'present' ? undefined : written(state, effect.value, effect.revision);
    case 'delete':
      if (state.kind === 'absent') return undefined;
      return { kind: 'absent', floor: state.kind === 'anything' ? 0 : state.floor };
  }
}

function found(state: RegisterState, value: string, revision: number | undefined): RegisterState | undefined {
  if (state.kind === 'anything') return { kind: 'present', floor: revision ?? 0, value, revision };
  if (state.kind === 'absent' || state.value !== value) return undefined;
  return revision === undefined ? state : withRevision(state, revision);
}

/** The same state, known to be at that revision; undefined when it cannot be. */
function withRevision(state: RegisterState, revision: number): RegisterState | undefined {
  if (state.kind === 'absent') return undefined;
  // Nothing of this value was seen: it only has to be older than what follows.
  if (state.kind === 'anything') return { kind: 'present', floor: revision, value: '', revision };
  if (state.revision === revision) return state;
  if (state.revision !== undefined || revision <= state.floor) return undefined;
  return { ...state, revision, floor: revision };
}

function written(state: RegisterState, value: string, revision: number | undefined): RegisterState | undefined {
  const floor = state.kind === 'anything' ? 0 : state.floor;
  if (revision !== undefined && revision <= floor) return undefined;
  return { kind: 'present', floor: revision ?? floor, value, revision };
}

/** States with the same text are the same. */
export function stateText(state: RegisterState): string {
  switch (state.kind) {
    case 'anything':
      return '*';
    case 'absent':
      return `-${state.floor}`;
    case 'present':
      return `${state.value}@${state.revision ?? `>${state.floor}`}`;
  }
}
