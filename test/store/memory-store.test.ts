// The in-memory store keeps the contract of the port.
import { createMemoryStore } from '../../src/store/index.ts';
import { manualClock } from '../support/manual-clock.ts';
import { describeStoreContract } from './contract.ts';

describeStoreContract('memory store', () => {
  const clock = manualClock();
  return Promise.resolve({ store: createMemoryStore({ clock }), advance: (ms) => clock.advance(ms) });
});
