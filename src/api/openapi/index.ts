// OpenAPI documents, generated from registry and schema.
export { OPENAPI_V2_PROTOBUF_MEDIA_TYPE, type OpenApiV2, openApiV2, openApiV2Protobuf } from './v2.ts';
export { openApiV3, openApiV3Hash, openApiV3Index } from './v3.ts';
