// The door of the API room: Kubernetes' API as data and pure functions.

export { type Amounts, amountsOf, equalAmounts, textsOf } from './amounts.ts';
export * from './apply/index.ts';
export { requestedOrganizations } from './certificate-request.ts';
export type * from './cluster-types.ts';
export { type DecodedBody, decodeBody, JsonParseError, mediaTypeOf } from './decode.ts';
export type * from './definition.ts';
export * from './discovery.ts';
export { decodeStored, type EncodedObject, encodeObject } from './encode.ts';
export {
  checkFeatureGates,
  type FeatureGates,
  formatFeatureGates,
  GATE_NAMES,
  parseFeatureGates,
} from './features/gates.ts';
export { createGatedRegistry } from './features/registry.ts';
export * from './field-error.ts';
export * from './int-or-string.ts';
export { cloneJson, equalJson, isJsonObject, type Json, type JsonObject, putBack } from './json.ts';
export * from './lifecycle.ts';
export * from './names.ts';
export type * from './object.ts';
export * from './openapi/index.ts';
export * from './patch/index.ts';
export { podLimits, podRequests } from './pod-totals.ts';
export { SYSTEM_PRIORITY_CLASSES } from './priority-classes.ts';
export { PROTOBUF_MEDIA_TYPE } from './protobuf/decode.ts';
export {
  type EncodedList,
  encodeFrame,
  encodeList,
  encodeMessage,
  encodeProtobuf,
  enveloped,
  FRAME_PREFIX_BYTES,
} from './protobuf/encode.ts';
export { hasMessage } from './protobuf/places.ts';
export { type QosClass, qosClassOf } from './qos.ts';
export * from './quantity.ts';
export * from './quota/index.ts';
export { type ApiGroup, type ApiRegistry, createApiRegistry, groupVersion, parseGroupVersion } from './registry.ts';
export * from './resources/flowcontrol.apiserver.k8s.io/built-in.ts';
export { isDefaultIngressClass } from './resources/networking.k8s.io/ingressclasses.ts';
export { SCALE_COLUMNS } from './resources/scale-columns.ts';
export { isDefaultClass } from './resources/storage.k8s.io/storageclasses.ts';
export * from './schema/index.ts';
export * from './selectors/index.ts';
export * from './status.ts';
export * from './table.ts';
export { covers, mergeTolerations, tolerates } from './toleration.ts';
export type * from './types.ts';
export { validateLocalAccessReview } from './validation/access-review.ts';
export { BETA_CLASS_ANNOTATION } from './validation/claim.ts';
export { cidrHolds } from './validation/ip.ts';
export { managerOfUserAgent, validateFieldManager } from './validation/managed-fields.ts';
export { dns1123LabelProblems, dns1123SubdomainProblems } from './validation/names.ts';
export { needsHealthCheck } from './validation/service.ts';
export { repeatedKeys } from './yaml.ts';
