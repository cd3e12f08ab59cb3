// GET /version: the API that is served, and who serves it.
/** The sources that the program was built from: the build puts it in (.ci/build.mjs). From the sources themselves nothing is known. */
declare const BUILT_FROM: { readonly commit: string; readonly tree: string; readonly date: string } | undefined;

export const KUBERNETES_MINOR = '36';
export const GIT_VERSION = `v1.${KUBERNETES_MINOR}.0+quorate`;

export function versionInfo(): object {
  const built = typeof BUILT_FROM === 'undefined' ? undefined : BUILT_FROM;
  return {
    major: '1',
    minor: KUBERNETES_MINOR,
    emulationMajor: '1',
    emulationMinor: KUBERNETES_MINOR,
    minCompatibilityMajor: '1',
    minCompatibilityMinor: '35',
    gitVersion: GIT_VERSION,
    gitCommit: built?.commit ?? '',
    gitTreeState: built?.tree ?? '',
    buildDate: built?.date ?? '',
    goVersion: process.version,
    compiler: 'v8',
    platform: `${process.platform}/${process.arch === 'x64' ? 'amd64' : process.arch}`,
  };
}
