// The door of the controllers room: the controller manager, which runs all of them under one leader election.
export {
  CONTROLLER_NAMES,
  type ControllerManagerOptions,
  type ControllerName,
  runControllerManager,
} from './manager.ts';
