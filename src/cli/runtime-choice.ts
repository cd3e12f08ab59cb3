// Chooses the runtime of pods, and says clearly what was chosen and why.
import type { RuntimeName } from '../../cluster/index.ts';
import { UserError } from '../lib/index.ts';

export type RuntimeWish = 'auto' | RuntimeName;

export interface RuntimeChoice {
  readonly runtime: RuntimeName;
  readonly message: string;
  /** Where containers find this machine. */
  readonly hostAddressForPods: string | undefined;
}

const INSTALL_DOCKER =
  'Start Docker (or set DOCKER_HOST), or use --runtime simulated, in which pods run in virtual form.';

/** Throws UserError when Docker is asked for and does not answer. */
export async function chooseRuntime(wish: RuntimeWish): Promise<RuntimeChoice> {
  if (wish === 'simulated') return simulated('pods run in virtual form (--runtime simulated)');
  const { dockerAnswers } = await import('../kubelet/index.ts');
  const docker = await dockerAnswers();
  if (docker !== undefined) {
    const { version, hostAddressForPods } = docker;
    return { runtime: 'docker', message: `pods run in Docker ${version}`, hostAddressForPods };
  }
  if (wish === 'docker') throw new UserError('Docker does not answer', INSTALL_DOCKER);
  return simulated('Docker does not answer: pods run in virtual form, and no container is started');
}

function simulated(message: string): RuntimeChoice {
  return { runtime: 'simulated', message, hostAddressForPods: undefined };
}
