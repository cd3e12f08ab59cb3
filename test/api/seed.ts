// Generated inputs are the same on every run; QUORATE_TEST_SEED draws others.
import fc from 'fast-check';

fc.configureGlobal({ seed: Number(process.env['QUORATE_TEST_SEED'] ?? 1) });
