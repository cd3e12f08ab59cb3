// Sessions by the cases that they exist for: order, repetition, gaps, eviction, and what they remember.
import { describe, expect, it } from 'vitest';
import { decodeCommand, encodeCommit, FEATURE_LEVEL, type LogCommand, packCommand } from '../../src/store/command.ts';
import { Sessions } from '../../src/store/session.ts';
import { StateMachine } from '../../src/store/state-machine.ts';
import { pod, put } from './support.ts';

function register(machine: StateMachine, member: string, origin: string, expects: string): boolean {
  const applied = machine.apply({ kind: 'register', member, origin, expects, featureLevel: FEATURE_LEVEL }, []);
  return applied.kind === 'registered' && applied.accepted;
}

function commit(origin: string, sequence: number, lowWater = 0): LogCommand {
  return decodeCommand(encodeCommit(origin, sequence, lowWater, packCommand(put(pod(`p${sequence}`), 'x')), 0));
}

function admission(machine: StateMachine, command: LogCommand): string {
  const applied = machine.apply(command, []);
  return applied.kind === 'commit' ? applied.admission : applied.kind;
}

describe('a session', () => {
  it('applies its commands strictly in sequence, once', () => {
    const machine = new StateMachine();
    register(machine, 'a', 'a/1', '');
    expect(admission(machine, commit('a/1', 2))).toBe('gap');
    expect(admission(machine, commit('a/1', 1))).toBe('next');
    expect(admission(machine, commit('a/1', 1))).toBe('duplicate');
    expect(admission(machine, commit('a/1', 2))).toBe('next');
    expect(machine.revision).toBe(2);
  });

  it('is unknown until it is registered, and after it was evicted', () => {
    const machine = new StateMachine();
    expect(admission(machine, commit('a/1', 1))).toBe('unknownOrigin');
    register(machine, 'a', 'a/1', '');
    expect(register(machine, 'a', 'a/2', 'a/1')).toBe(true);
    expect(admission(machine, commit('a/1', 1))).toBe('unknownOrigin');
    expect(admission(machine, commit('a/2', 1))).toBe('next');
  });

  it('is not evicted by a registration that was delayed, nor by a repeated one of its own', () => {
    const machine = new StateMachine();
    expect(register(machine, 'a', 'a/2', '')).toBe(true);
    expect(register(machine, 'a', 'a/1', '')).toBe(false);
    expect(admission(machine, commit('a/2', 1))).toBe('next');
    expect(register(machine, 'a', 'a/2', '')).toBe(true);
    expect(admission(machine, commit('a/2', 1))).toBe('duplicate');
  });

  it('keeps outcomes above the low-water mark, and only those', () => {
    const machine = new StateMachine();
    register(machine, 'a', 'a/1', '');
    for (let sequence = 1; sequence <= 5; sequence++) machine.apply(commit('a/1', sequence), []);
    const session = machine.sessions.ofOrigin('a/1');
    expect([...(session?.outcomes.keys() ?? [])]).toEqual([1, 2, 3, 4, 5]);
    machine.apply(commit('a/1', 6, 4), []);
    expect([...(session?.outcomes.entries() ?? [])]).toEqual([
      [5, { kind: 'committed', revision: 5, revisions: [5] }],
      [6, { kind: 'committed', revision: 6, revisions: [6] }],
    ]);
    // A mark that was encoded earlier takes nothing back.
    machine.apply(commit('a/1', 7, 2), []);
    expect(session?.lowWater).toBe(4);
  });

  it('counts in the state hash, outcomes included', () => {
    const [one, two] = [new StateMachine(), new StateMachine()];
    for (const machine of [one, two]) register(machine, 'a', 'a/1', '');
    one.apply(commit('a/1', 1), []);
    two.execute([], packCommand(put(pod('p1'), 'x')).writes, []);
    expect(one.stateHash()).not.toBe(two.stateHash());
  });

  it('gives the lowest feature level of those who are members', () => {
    const sessions = new Sessions();
    expect(sessions.featureLevel(['a', 'b'])).toBe(0);
    sessions.register('a', 'a/1', '', 3);
    sessions.register('b', 'b/1', '', 2);
    expect(sessions.featureLevel(['a', 'b'])).toBe(2);
    expect(sessions.featureLevel(['a', 'never-heard'])).toBe(3);
    sessions.register('b', 'b/2', 'b/1', 3);
    expect(sessions.featureLevel(['a', 'b'])).toBe(3);
  });
});
