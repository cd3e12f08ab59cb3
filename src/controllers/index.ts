// The door of the controllers room: the controller manager, which runs all of them under one leader election.
export {
  type ControllerManagerOptions,
  type ControllerName,
  runControllerManager,
} from './manager.ts';
