// How long the steps of a pod wait after they failed.
import { describe, expect, it } from 'vitest';
import { StepRetries } from '../../src/kubelet/pods/step-retries.ts';

describe('a step of a pod that fails', () => {
  it('is tried soon, and then each ten seconds for as long as it fails', () => {
    const retries = new StepRetries();
    const waits: number[] = [];
    for (let nowMs = 5_000; waits.length < 8; nowMs += waits.at(-1) ?? 0) {
      retries.failed('main', nowMs);
      waits.push((retries.notBeforeMs.get('main') ?? 0) - nowMs);
    }
    expect(waits).toEqual([1_000, 2_000, 4_000, 8_000, 10_000, 10_000, 10_000, 10_000]);
  });

  it('starts anew after a success, and holds nothing else back', () => {
    const retries = new StepRetries();
    for (let count = 0; count < 5; count++) retries.failed('main', 0);
    expect(retries.notBeforeMs.get('')).toBeUndefined();
    retries.succeeded('main');
    expect(retries.notBeforeMs.get('main')).toBeUndefined();
    retries.failed('main', 100);
    expect(retries.notBeforeMs.get('main')).toBe(1_100);
  });

  it('waits for the back-off of its image, never for a moment that is past', () => {
    const retries = new StepRetries();
    retries.failed('main', 1_000, 41_000);
    expect(retries.notBeforeMs.get('main')).toBe(41_000);
    retries.failed('main', 50_000, 41_000);
    expect(retries.notBeforeMs.get('main')).toBe(50_000);
  });
});
