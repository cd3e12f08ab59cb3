// The image of sandboxes, made here and handed to Docker: no registry is asked (pause-program.ts).
import { Readable } from 'node:stream';
import type Docker from 'dockerode';
import { UserError } from '../../../lib/index.ts';
import { type PauseArchitecture, pauseProgram } from './pause-program.ts';
import { tarArchive } from './tar.ts';

/** The tag says which version of the program is inside. */
const REPOSITORY = 'quorate/pause';
const TAG = '1';

/** The image's name; imports it when Docker does not have it. */
export async function ensureSandboxImage(docker: Docker, architecture: string): Promise<string> {
  const name = `${REPOSITORY}:${TAG}`;
  try {
    await docker.getImage(name).inspect();
    return name;
  } catch (error) {
    if ((error as { statusCode?: number }).statusCode !== 404) throw error;
  }
  if (architecture !== 'amd64' && architecture !== 'arm64') {
    throw new UserError(
      `there is no sandbox program for ${architecture}`,
      'Use --runtime simulated, or Docker on x86-64 or arm64.',
    );
  }
  const archive = sandboxArchive(architecture);
  const stream = (await docker.importImage(Readable.from([archive]), { repo: REPOSITORY, tag: TAG })) as Readable;
  for await (const _progress of stream) {
    // Docker has the image when the stream ends.
  }
  await docker.getImage(name).inspect();
  return name;
}

export function sandboxArchive(architecture: PauseArchitecture): Buffer {
  return tarArchive([{ path: 'pause', mode: 0o755, content: pauseProgram(architecture) }]);
}
