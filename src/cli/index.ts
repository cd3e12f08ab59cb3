// The door of the command room.
export { main } from './program.ts';
