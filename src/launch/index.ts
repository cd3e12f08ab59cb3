// What happens to a process before the program is loaded. This room knows no other: all that it imported would be loaded without a cache.
export { runBundle } from './bundle.ts';
export { optimiseUnderLoad } from './tiering.ts';
