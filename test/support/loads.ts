// Programs that use much of one thing, for tests and benchmarks of limits.

const node = (source: string): string[] => [process.execPath, '--input-type=module', '--eval', source]
const perl = (source: string): string[] => ['/usr/bin/env', 'perl', '-e', source]
const sh = (script: string): string[] => ['/bin/sh', '-c', script]
const spin = 'while :; do :; done'

/** Programs that would take all processors they can, for so many seconds. */
export const cpuLoads: Record<string, (seconds: number) => string[]> = {
  'one process': (seconds) => sh(`timeout ${seconds} sh -c '${spin}'`),
  'eight processes': (seconds) => sh(`for i in 1 2 3 4 5 6 7 8; do timeout ${seconds} sh -c '${spin}' & done; wait`),
  'a loop of forks': (seconds) => sh(`timeout ${seconds} sh -c 'while :; do /bin/true; done'`),
  'four threads': (seconds) =>
    node(`
      import { Worker } from 'node:worker_threads'
      for (let i = 0; i < 4; i++) new Worker('for (;;);', { eval: true })
      setTimeout(() => process.exit(), ${seconds * 1000})
    `),
}

/** Programs that would take this much memory, each kind another way. */
export const memoryLoads: Record<string, (mib: number) => string[]> = {
  heap: (mib) =>
    node(`
      const kept = []
      for (let i = 0; i < ${mib} * 8; i++) kept.push(new Array(1 << 14).fill(i + 0.5))
    `),
  buffers: (mib) =>
    node(`
      const kept = []
      for (let i = 0; i < ${mib}; i++) kept.push(Buffer.alloc(1 << 20, 1))
    `),
  'files in memory': (mib) => sh(`head -c ${mib}M /dev/zero > /tmp/file`),
  'files in an overlay': (mib) => sh(`head -c ${mib}M /dev/zero > file`),
  'a memfd that nobody maps': (mib) =>
    perl(`my $fd = syscall(${process.arch === 'arm64' ? 279 : 319}, my $name = "held\\0", 0); open(my $file, ">&=", $fd) or exit 9;
      syswrite($file, "x" x (1 << 20)) or exit 8 for 1..${mib}; exit`),
  'shared memory of System V that nobody has attached': (mib) =>
    perl(
      `for (1..${Math.ceil(mib / 20)}) { my $id = shmget(0, 20 << 20, 01600); defined $id or exit 9; shmwrite($id, "x" x (1 << 20), $_ << 20, 1 << 20) or exit 8 for 0..19 } exit`,
    ),
  'four processes': (mib) =>
    perl(
      `for (1..4) { fork or do { my @kept; push @kept, chr(65 + $_ % 26) x (1 << 20) for 1..${mib >> 2}; sleep 1; exit } } 1 while wait > 0; exit`,
    ),
}
