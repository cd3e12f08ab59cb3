// What a newcomer with an old Node.js is told, by the command and by everything that is built first.
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { QUORATE, run } from './support/command.ts';

const BUILD = fileURLToPath(new URL('../../.ci/build.mjs', import.meta.url));
/** Makes this Node.js say that it is an old one. */
const PRETEND =
  'data:text/javascript,Object.defineProperty(process,"versions",{value:{...process.versions,node:"18.20.8"}})';

describe('an old Node.js', () => {
  it.each([
    ['the command', [QUORATE, 'up']],
    ['the build, which `npm start`, `npm run sim` and `npm run chaos` begin with', [BUILD, '--if-stale']],
  ])('is refused in two lines by %s', async (_, args) => {
    const refused = await run(process.execPath, ['--import', PRETEND, ...args]);
    expect(refused).toEqual({
      code: 1,
      stdout: '',
      stderr:
        'quorate needs Node.js 20.19 or newer, and this is 18.20.8.\n' +
        'Install a newer one, for example from your package manager, and run the command again.\n',
    });
  });
});
