// Branded primitives: a Term is not a LogIndex, although both are numbers.

declare const brand: unique symbol;

/** A primitive `T` that only values made as `Name` may be used for. */
export type Brand<T, Name extends string> = T & { readonly [brand]: Name };
