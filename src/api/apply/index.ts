// Server-side apply, as pure functions: who owns which field of an object (managedFields), and what an applied
// configuration makes of it. Kubernetes' own semantics (KEP-555); no HTTP, clock or storage.
export { applyConfiguration } from './apply.ts';
export {
  checkConfigurationOf,
  nameAndKindOf,
  versionAndKindOf,
} from './check.ts';
export { trackUpdate } from './update.ts';
export type { FieldWrite } from './write.ts';
