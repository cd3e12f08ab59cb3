// Programs and threads run from files: one entry point of the sources, in a file of its own as the build would make it.
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const REQUIRE = "import{createRequire as requireFor}from'node:module';const require=requireFor(import.meta.url);";

/** `entry` is relative to the top of the project; `outfile` ends in .mjs. */
export async function bundle(entry: string, outfile: string): Promise<void> {
  const source = fileURLToPath(new URL(`../../${entry}`, import.meta.url));
  const banner = { js: REQUIRE };
  await build({ entryPoints: [source], bundle: true, platform: 'node', format: 'esm', outfile, banner });
}
