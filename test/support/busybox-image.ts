// Makes the image busybox:1.35 from the machine's own static busybox, where no registry can be reached.
// Used by tests, and runnable: `node test/support/busybox-image.ts` needs a Node.js that strips types; otherwise esbuild.
import { execFile, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { copyFile, mkdir, mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const BUSYBOX = '/usr/bin/busybox';
export const BUSYBOX_IMAGE = 'busybox:1.35';

/** Makes sure that Docker has the image. Returns why it cannot be had, or undefined when it is there. */
export async function ensureBusyboxImage(): Promise<string | undefined> {
  try {
    await run('docker', ['version', '--format', '{{.Server.Version}}'], { timeout: 5_000 });
  } catch {
    return 'no Docker daemon answers';
  }
  const present = await run('docker', ['image', 'inspect', BUSYBOX_IMAGE]).then(
    () => true,
    () => false,
  );
  if (present) return undefined;
  if (!existsSync(BUSYBOX)) return `${BUSYBOX} is not installed (Debian: busybox-static)`;
  await importBusybox();
  return undefined;
}

async function importBusybox(): Promise<void> {
  const root = await mkdtemp(join(tmpdir(), 'quorate-busybox-'));
  try {
    for (const directory of ['bin', 'dev', 'etc', 'proc', 'root', 'sys', 'tmp', 'usr', 'var', 'home']) {
      await mkdir(join(root, directory), { mode: directory === 'tmp' ? 0o1777 : 0o755 });
    }
    await copyFile(BUSYBOX, join(root, 'bin/busybox'));
    const { stdout } = await run(BUSYBOX, ['--list']);
    for (const applet of stdout.split('\n')) {
      if (applet !== '' && applet !== 'busybox') await symlink('busybox', join(root, 'bin', applet));
    }
    const tar = spawn('tar', ['-C', root, '--owner=0', '--group=0', '-c', '.'], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const imported = spawn('docker', ['import', '--change', 'CMD ["sh"]', '-', BUSYBOX_IMAGE], {
      stdio: [tar.stdout, 'ignore', 'inherit'],
    });
    await new Promise<void>((resolve, reject) => {
      imported.once('error', reject);
      imported.once('exit', (code) => (code === 0 ? resolve() : reject(new Error(`docker import ended with ${code}`))));
    });
  } finally {
    await rm(root, { recursive: true, force: true });
  }
}

if (process.argv[1]?.includes('busybox-image') === true) {
  const problem = await ensureBusyboxImage();
  process.stdout.write(problem === undefined ? `${BUSYBOX_IMAGE} is there\n` : `${problem}\n`);
}
