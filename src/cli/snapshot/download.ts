// The state of a running server, streamed over HTTPS. It says itself when it is cut or damaged.

import { readFileSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { request } from 'node:https';
import { join } from 'node:path';
import { type Layout, LOOPBACK, type ServerMember } from '../../../cluster/index.ts';
import { messageOf, UserError } from '../../lib/index.ts';
import { type KeyValueEntry, readStateStream } from '../../store/index.ts';

const SNAPSHOT_PATH = '/quorate/v1/snapshot';
/** A server that says nothing for so long is given up. */
const SILENCE_LIMIT_MS = 60_000;
const REFUSAL_LIMIT_CHARS = 2_000;

/** Records of the state as it is now. Throws UserError when the server does not answer, or refuses. */
export async function downloadState(layout: Layout, server: ServerMember): Promise<AsyncIterable<KeyValueEntry>> {
  const response = await begin(layout, server);
  if (response.statusCode === 200) return readStateStream(response as AsyncIterable<Uint8Array>);
  throw refusal(`it answers ${response.statusCode}: ${await messageIn(response)}`);
}

function begin(layout: Layout, server: ServerMember): Promise<IncomingMessage> {
  const admin = layout.certificate('admin');
  const credentials = {
    ca: readFileSync(join(layout.pki, 'ca.crt')),
    cert: readFileSync(admin.cert),
    key: readFileSync(admin.key),
  };
  return new Promise((resolve, reject) => {
    const options = { host: LOOPBACK, port: server.port, path: SNAPSHOT_PATH, ...credentials };
    const call = request({ ...options, agent: false, timeout: SILENCE_LIMIT_MS }, resolve);
    call.on('timeout', () => call.destroy(new Error(`it is silent for ${SILENCE_LIMIT_MS / 1000} s`)));
    call.on('error', (error) => reject(refusal(messageOf(error))));
    call.end();
  });
}

async function messageIn(response: IncomingMessage): Promise<string> {
  let text = '';
  response.setEncoding('utf8');
  for await (const chunk of response) if (text.length < REFUSAL_LIMIT_CHARS) text += String(chunk);
  try {
    const status: unknown = JSON.parse(text);
    if (typeof status === 'object' && status !== null && 'message' in status) return String(status.message);
  } catch {
    // Not a Status: shown as it is.
  }
  return text;
}

function refusal(found: string): UserError {
  return new UserError(found, 'Look at `quorate status`.');
}
