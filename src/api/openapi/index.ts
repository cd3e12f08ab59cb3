// OpenAPI documents, generated from registry and schema.
export { type OpenApiV2, openApiV2 } from './v2.ts';
export { OPENAPI_V2_PROTOBUF_ACCEPT, OPENAPI_V2_PROTOBUF_MEDIA_TYPE, openApiV2Protobuf } from './v2-protobuf.ts';
export { openApiV3, openApiV3Hash, openApiV3Index } from './v3.ts';
