// Sets up the volumes of a pod, keeps the projected ones up to date, turns volumeMounts into host paths, and removes
// what the kubelet made when the pod is gone. Everything of a pod is under <directory>/pods/<uid>.
import { chmod, chown, mkdir, open, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Container, Pod, Served, Volume } from '../../api/index.ts';
import { type Clock, codeOf, messageOf, rfc3339 } from '../../lib/index.ts';
import type { DownwardFacts } from '../pods/downward.ts';
import { expand } from '../pods/environment.ts';
import { ConfigError, type ReferencedObjects } from '../pods/objects.ts';
import type { Mount } from '../runtime/port.ts';
import { writeProjected } from './atomic.ts';
import { filesOf } from './files.ts';
import { resolveSubPath, type SubPath } from './subpath.ts';
import type { TokenSource } from './tokens.ts';

export interface VolumeManager {
  /** Makes every volume of the pod, or brings the projected ones up to date. Throws ConfigError, naming the volume. */
  setUp(facts: DownwardFacts): Promise<void>;
  /** The mounts of a container, with the subPaths that are to be looked at again once it has started. */
  mounts(
    pod: Served<Pod>,
    container: Container,
    environment: ReadonlyMap<string, string>,
  ): Promise<{ readonly mounts: readonly Mount[]; readonly subPaths: readonly SubPath[] }>;
  /** Where a container leaves its last words; the file is there after the call. */
  terminationFile(podUid: string, container: string, attempt: number): Promise<string>;
  tearDown(podUid: string): Promise<void>;
}

export function volumeManager(
  directory: string,
  objects: ReferencedObjects,
  tokens: TokenSource,
  clock: Clock,
): VolumeManager {
  const podDirectory = (uid: string): string => join(directory, 'pods', uid);
  const volumePath = (uid: string, name: string): string => join(podDirectory(uid), 'volumes', name);

  const setUpOne = async (volume: Volume, facts: DownwardFacts): Promise<void> => {
    const { pod } = facts;
    const path = volumePath(pod.metadata.uid, volume.name);
    const gid = pod.spec?.securityContext?.fsGroup;
    if (volume.emptyDir !== undefined) return makeEmptyDirectory(path, gid);
    if (volume.hostPath !== undefined) return prepareHostPath(volume.hostPath.path, volume.hostPath.type ?? '');
    const files = await filesOf(volume, { objects, tokens, facts });
    if (files === undefined) throw new ConfigError('volumes of this type are not supported by this kubelet');
    await writeProjected(path, files, rfc3339(clock.now()), gid);
  };

  return {
    async setUp(facts) {
      for (const volume of facts.pod.spec?.volumes ?? []) {
        try {
          await setUpOne(volume, facts);
        } catch (error) {
          const detail = messageOf(error);
          throw new ConfigError(`MountVolume.SetUp failed for volume "${volume.name}" : ${detail}`, { cause: error });
        }
      }
    },
    async mounts(pod, container, environment) {
      const mounts: Mount[] = [];
      const subPaths: SubPath[] = [];
      for (const mount of container.volumeMounts ?? []) {
        const volume = pod.spec?.volumes?.find(({ name }) => name === mount.name);
        if (volume === undefined) throw new ConfigError(`volume "${mount.name}" is not in the pod`);
        const root = volume.hostPath?.path ?? volumePath(pod.metadata.uid, volume.name);
        const ours = volume.emptyDir === undefined && volume.hostPath === undefined;
        const inner = mount.subPath ?? expand(mount.subPathExpr ?? '', (name) => environment.get(name));
        const readOnly = ours || mount.readOnly === true;
        if (inner === '') {
          mounts.push({ hostPath: root, containerPath: mount.mountPath, readOnly });
          continue;
        }
        const subPath = await resolveSubPath(root, inner, ours);
        if (!ours) subPaths.push(subPath);
        mounts.push({ hostPath: subPath.path, containerPath: mount.mountPath, readOnly });
      }
      return { mounts, subPaths };
    },
    async terminationFile(podUid, container, attempt) {
      const path = join(podDirectory(podUid), 'containers', container, `${attempt}.termination`);
      await mkdir(dirname(path), { recursive: true });
      await (await open(path, 'a', 0o666)).close();
      await chmod(path, 0o666);
      return path;
    },
    async tearDown(podUid) {
      tokens.forget(podUid);
      await rm(podDirectory(podUid), { recursive: true, force: true });
    },
  };
}

/** Anybody's, as in Kubernetes; made once, so that a restart of the kubelet keeps what is in it. */
async function makeEmptyDirectory(path: string, gid: number | undefined): Promise<void> {
  await mkdir(path, { recursive: true });
  await chmod(path, gid === undefined ? 0o777 : 0o2777);
  if (gid === undefined) return;
  await chown(path, -1, gid).catch((error: unknown) => {
    if (codeOf(error) !== 'EPERM') throw error;
  });
}

async function prepareHostPath(path: string, type: string): Promise<void> {
  const found = await stat(path).catch((error: unknown) => {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw error;
  });
  const refuse = (what: string): never => {
    throw new ConfigError(`hostPath type check failed: ${path} is not a ${what}`);
  };
  switch (type) {
    case '':
      return;
    case 'DirectoryOrCreate':
      if (found === undefined) await mkdir(path, { recursive: true, mode: 0o755 });
      else if (!found.isDirectory()) refuse('directory');
      return;
    case 'FileOrCreate':
      if (found === undefined) await (await open(path, 'a', 0o644)).close();
      else if (!found.isFile()) refuse('file');
      return;
    case 'Directory':
      return found?.isDirectory() === true ? undefined : refuse('directory');
    case 'File':
      return found?.isFile() === true ? undefined : refuse('file');
    case 'Socket':
      return found?.isSocket() === true ? undefined : refuse('socket file');
    case 'CharDevice':
      return found?.isCharacterDevice() === true ? undefined : refuse('character device');
    case 'BlockDevice':
      return found?.isBlockDevice() === true ? undefined : refuse('block device');
    default:
      throw new ConfigError(`hostPath type ${type} is not known`);
  }
}
