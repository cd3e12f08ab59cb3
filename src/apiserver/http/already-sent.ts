// Says to the node adapter that the handler has answered on the raw response itself.
export { RESPONSE_ALREADY_SENT as ALREADY_SENT } from '@hono/node-server/utils/response';
