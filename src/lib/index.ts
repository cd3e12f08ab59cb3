// The leaves every room may use.
export * from './assert.ts';
export * from './brand.ts';
export * from './cancel.ts';
export * from './clock.ts';
export * from './errors.ts';
export * from './go-text.ts';
export * from './limits.ts';
export * from './logger.ts';
export * from './metrics.ts';
export * from './once-per.ts';
export * from './priority.ts';
export * from './prng.ts';
