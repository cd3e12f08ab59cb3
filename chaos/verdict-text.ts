// A checker's verdict for people: the window of a violation as one line per operation, times in ms since its first.
import type { Verdict } from './checker/linearizability.ts';
import type { Operation } from './history/operation.ts';

export function verdictText(verdict: Verdict): string {
  switch (verdict.kind) {
    case 'ok':
      return `linearizable: ${verdict.operations} operations over ${verdict.keys} keys`;
    case 'gave up':
      return `gave up on ${verdict.key} with ${verdict.operations} operations: neither shown right nor wrong`;
    case 'violation':
      return [
        `NOT linearizable: no order explains these operations on ${verdict.key}:`,
        ...windowLines(verdict.window),
      ].join('\n');
  }
}

function windowLines(window: readonly Operation[]): readonly string[] {
  const origin = Math.min(...window.map((operation) => operation.start));
  const ms = (time: number): string => ((time - origin) / 1e6).toFixed(3).padStart(10);
  return window.map((operation) => {
    const { type, process, start, end, outcome, argument, result, via, refusal } = operation;
    const asked = argument === null ? '' : ` ${JSON.stringify(argument)}`;
    const answer =
      outcome === 'ok' ? JSON.stringify(result) : `${outcome}${refusal === undefined ? '' : `: ${refusal}`}`;
    return `  ${ms(start)} ${ms(end)}  process ${process} at ${via ?? '?'}: ${type}${asked} → ${answer}`;
  });
}
