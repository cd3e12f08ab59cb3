// What a micro-benchmark is: a subject with its cases, each a function that does one operation on what was made ready
// before. The runner decides how often it is called.

export interface MicroCase {
  /** Unique in its subject: `get`. */
  readonly name: string;
  readonly title: string;
  /** One operation. What it returns is kept, so that nothing can be optimised away. */
  readonly run: () => unknown;
}

export interface MicroSubject {
  readonly name: string;
  /** Makes ready what the cases work on. */
  cases(): readonly MicroCase[] | Promise<readonly MicroCase[]>;
}
