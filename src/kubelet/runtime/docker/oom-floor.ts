// How far containers may be protected from the kernel's memory killer. Lowering a score takes a capability that a daemon
// without root, or in a container of its own, does not have; containers that ask for it then do not start at all. So one
// container that asks for it is started and removed, once, before the first pod.
import type Docker from 'dockerode';
import { SANDBOX_OOM_SCORE } from './convert.ts';
import { labelsOf, type Owner } from './labels.ts';

/** The lowest score that a container may have here: the sandbox's own, or 0. */
export async function findOomFloor(docker: Docker, owner: Owner, image: string): Promise<number> {
  const container = await docker.createContainer({
    Image: image,
    Entrypoint: ['/pause'],
    Labels: labelsOf(owner, 'check', { uid: '', namespace: '', name: '' }, 0),
    HostConfig: { NetworkMode: 'none', OomScoreAdj: SANDBOX_OOM_SCORE },
  });
  try {
    await container.start();
    return SANDBOX_OOM_SCORE;
  } catch {
    // The attempt is the question: this kernel refuses scores below its own.
    return 0;
  } finally {
    await container.remove({ force: true });
  }
}
