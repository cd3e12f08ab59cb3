// The program that keeps a pod's sandbox alive, assembled here so that no registry and no compiler is needed: a static
// ELF64 executable of a few hundred bytes for x86-64 or arm64. It blocks SIGINT, SIGTERM and SIGCHLD, waits for one of
// them, reaps every dead child (it is process 1 of a shared PID namespace), and exits with 0 on the other two.
//
// Blocking matters: the kernel drops signals that process 1 neither handles nor blocks. sigtimedwait needs no handler.

export type PauseArchitecture = 'amd64' | 'arm64';

const LOAD_ADDRESS = 0x40_0000;
const ELF_HEADER_BYTES = 64;
const PROGRAM_HEADER_BYTES = 56;
const CODE_OFFSET = ELF_HEADER_BYTES + PROGRAM_HEADER_BYTES;
const MACHINE = { amd64: 62, arm64: 183 } as const;

const SIGINT = 2;
const SIGTERM = 15;
const SIGCHLD = 17;
const WNOHANG = 1;
const SIGNAL_SET_BYTES = 8;
/** Bit n−1 stands for signal n. */
const SIGNAL_SET = (1 << (SIGINT - 1)) | (1 << (SIGTERM - 1)) | (1 << (SIGCHLD - 1));

/** The whole executable file. */
export function pauseProgram(architecture: PauseArchitecture): Buffer {
  const code = architecture === 'amd64' ? amd64Code() : arm64Code();
  return Buffer.concat([elfHeader(architecture, code.length), code]);
}

/** ELF-64 object file format: one header, one loadable segment that is the whole file. */
function elfHeader(architecture: PauseArchitecture, codeBytes: number): Buffer {
  const header = Buffer.alloc(CODE_OFFSET);
  header.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1]);
  header.writeUInt16LE(2, 16); // executable
  header.writeUInt16LE(MACHINE[architecture], 18);
  header.writeUInt32LE(1, 20);
  header.writeBigUInt64LE(BigInt(LOAD_ADDRESS + CODE_OFFSET), 24); // entry point
  header.writeBigUInt64LE(BigInt(ELF_HEADER_BYTES), 32); // program headers
  header.writeUInt16LE(ELF_HEADER_BYTES, 52);
  header.writeUInt16LE(PROGRAM_HEADER_BYTES, 54);
  header.writeUInt16LE(1, 56);
  const program = ELF_HEADER_BYTES;
  const fileBytes = BigInt(CODE_OFFSET + codeBytes);
  header.writeUInt32LE(1, program); // load
  header.writeUInt32LE(5, program + 4); // readable and executable
  header.writeBigUInt64LE(BigInt(LOAD_ADDRESS), program + 16);
  header.writeBigUInt64LE(BigInt(LOAD_ADDRESS), program + 24);
  header.writeBigUInt64LE(fileBytes, program + 32);
  header.writeBigUInt64LE(fileBytes, program + 40);
  header.writeBigUInt64LE(0x1_0000n, program + 48); // alignment: arm64 kernels may have pages of 64 KiB
  return header;
}

/** Machine code with named places: jumps and addresses are filled in when all places are known. */
class Assembly {
  readonly #bytes: number[] = [];
  readonly #places = new Map<string, number>();
  readonly #fixes: { readonly at: number; readonly place: string; readonly patch: Patch }[] = [];

  place(name: string): void {
    this.#places.set(name, this.#bytes.length);
  }
  bytes(...values: readonly number[]): void {
    this.#bytes.push(...values);
  }
  word(value: number): void {
    this.bytes(value & 0xff, (value >>> 8) & 0xff, (value >>> 16) & 0xff, (value >>> 24) & 0xff);
  }
  /** A 32-bit word that `patch` completes with the distance from its own start to the place. */
  reference(value: number, place: string, patch: Patch): void {
    this.#fixes.push({ at: this.#bytes.length, place, patch });
    this.word(value);
  }
  finish(): Buffer {
    const code = Buffer.from(this.#bytes);
    for (const { at, place, patch } of this.#fixes) {
      const target = this.#places.get(place) ?? 0;
      code.writeUInt32LE(patch(code.readUInt32LE(at), target - at) >>> 0, at);
    }
    return code;
  }
}

type Patch = (word: number, distance: number) => number;

function amd64Code(): Buffer {
  const a = new Assembly();
  const relative: Patch = (_word, distance) => distance - 4; // counted from the end of the 32-bit field
  const setRegister = (register: number, value: number): void => {
    a.bytes(0xb8 + register); // mov r32, imm32
    a.word(value);
  };
  const eax = 0;
  const edx = 2;
  const clearEdi = [0x31, 0xff] as const;
  const clearEsi = [0x31, 0xf6] as const;
  const clearEdx = [0x31, 0xd2] as const;
  const syscall = [0x0f, 0x05] as const;
  const setR10 = (value: number): void => {
    a.bytes(0x41, 0xba);
    a.word(value);
  };
  const addressOfSet = (modrm: number): void => {
    a.bytes(0x48, 0x8d, modrm); // lea r64, [rip + distance]
    a.reference(0, 'set', relative);
  };
  const jumpIf = (condition: number, place: string): void => {
    a.bytes(0x0f, condition);
    a.reference(0, place, relative);
  };
  const jump = (place: string): void => {
    a.bytes(0xe9);
    a.reference(0, place, relative);
  };

  setRegister(eax, 14); // rt_sigprocmask(SIG_BLOCK = 0, set, NULL, 8)
  a.bytes(...clearEdi);
  addressOfSet(0x35);
  a.bytes(...clearEdx);
  setR10(SIGNAL_SET_BYTES);
  a.bytes(...syscall);
  a.place('wait');
  setRegister(eax, 128); // rt_sigtimedwait(set, NULL, NULL, 8)
  addressOfSet(0x3d);
  a.bytes(...clearEsi, ...clearEdx);
  setR10(SIGNAL_SET_BYTES);
  a.bytes(...syscall);
  a.bytes(0x83, 0xf8, SIGCHLD); // cmp eax, SIGCHLD
  jumpIf(0x84, 'reap');
  a.bytes(0x85, 0xc0); // test eax, eax: negative when it was interrupted
  jumpIf(0x88, 'wait');
  setRegister(eax, 231); // exit_group(0)
  a.bytes(...clearEdi, ...syscall);
  a.place('reap');
  setRegister(eax, 61); // wait4(-1, NULL, WNOHANG, NULL)
  a.bytes(0xbf);
  a.word(-1);
  a.bytes(...clearEsi);
  setRegister(edx, WNOHANG);
  setR10(0);
  a.bytes(...syscall);
  a.bytes(0x85, 0xc0);
  jumpIf(0x8f, 'reap');
  jump('wait');
  a.place('set');
  a.word(SIGNAL_SET);
  a.word(0);
  return a.finish();
}

function arm64Code(): Buffer {
  const a = new Assembly();
  const set = (register: number, value: number): void => a.word(0xd280_0000 | (value << 5) | register); // movz x, #value
  const addressOfSet = (register: number): void =>
    a.reference(
      0x1000_0000 | register, // adr x, set
      'set',
      (word, distance) => word | ((distance & 3) << 29) | (((distance >> 2) & 0x7_ffff) << 5),
    );
  const compare = (value: number): void => a.word(0x7100_001f | (value << 10)); // cmp w0, #value
  const jumpIf = (condition: number, place: string): void =>
    a.reference(0x5400_0000 | condition, place, (word, distance) => word | (((distance >> 2) & 0x7_ffff) << 5));
  const jump = (place: string): void =>
    a.reference(0x1400_0000, place, (word, distance) => word | ((distance >> 2) & 0x3ff_ffff));
  const systemCall = (number: number): void => {
    set(8, number);
    a.word(0xd400_0001); // svc #0
  };
  const equal = 0;
  const less = 11;
  const greater = 12;

  set(0, 0); // rt_sigprocmask(SIG_BLOCK = 0, set, NULL, 8)
  addressOfSet(1);
  set(2, 0);
  set(3, SIGNAL_SET_BYTES);
  systemCall(135);
  a.place('wait');
  addressOfSet(0); // rt_sigtimedwait(set, NULL, NULL, 8)
  set(1, 0);
  set(2, 0);
  set(3, SIGNAL_SET_BYTES);
  systemCall(137);
  compare(SIGCHLD);
  jumpIf(equal, 'reap');
  compare(0);
  jumpIf(less, 'wait');
  set(0, 0); // exit_group(0)
  systemCall(94);
  a.place('reap');
  a.word(0x9280_0000); // movn x0, #0: -1; wait4(-1, NULL, WNOHANG, NULL)
  set(1, 0);
  set(2, WNOHANG);
  set(3, 0);
  systemCall(260);
  compare(0);
  jumpIf(greater, 'reap');
  jump('wait');
  a.place('set');
  a.word(SIGNAL_SET);
  a.word(0);
  return a.finish();
}
