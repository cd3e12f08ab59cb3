// Helm as a user types it, each command at the next server. Helm 3 and 4 come from packages that .ci/clients installs.
import { type Finished, run } from '../support/command.ts';
import { installed, pathOf, says } from './programs.ts';

export interface HelmProgram {
  readonly path: string;
  /** Such as v4.1.4. */
  readonly version: string;
}

export interface Helm {
  /** Runs a command line that is split at blanks. */
  (line: string): Promise<Finished>;
  /** The same, and throws with what Helm said when it fails. Answers what it printed. */
  ok(line: string): Promise<string>;
}

/** The chart that the tests install. */
export const CHART = pathOf('helm', 'chart');

/** The Helm of a major version; undefined when it is not there. */
export function helmProgram(major: 3 | 4): HelmProgram | undefined {
  const path = installed(`helm-${major}`, 'helm');
  const version = path === undefined ? undefined : says(path, 'version', '--template', '{{.Version}}');
  return path === undefined || version === undefined ? undefined : { path, version };
}

export interface HelmPlace {
  readonly kubeconfig: string;
  readonly namespace: string;
  /** The addresses that commands go to in turn. */
  readonly servers: readonly string[];
  /** For Helm's caches. */
  readonly folder: string;
}

export function helm(program: HelmProgram, { kubeconfig, namespace, servers, folder }: HelmPlace): Helm {
  let turn = 0;
  const env = {
    KUBECONFIG: kubeconfig,
    HELM_NAMESPACE: namespace,
    HELM_CACHE_HOME: folder,
    HELM_CONFIG_HOME: folder,
    HELM_DATA_HOME: folder,
  };
  const call = (line: string): Promise<Finished> => {
    turn += 1;
    const HELM_KUBEAPISERVER = servers[turn % servers.length] ?? '';
    return run(program.path, line.split(' '), { ...env, HELM_KUBEAPISERVER });
  };
  const ok = async (line: string): Promise<string> => {
    const { code, stdout, stderr } = await call(line);
    if (code !== 0) throw new Error(`helm ${line} ended with ${code}: ${stderr}${stdout}`);
    return stdout;
  };
  return Object.assign(call, { ok });
}
