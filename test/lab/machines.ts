// The programs that are a guest's machine, and what its kernel is told.

import type { ChildProcess } from 'node:child_process'
import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { virtiofsd } from './needs.ts'
import { type Guest, Mistake, type Request } from './request.ts'
import type { Throwaway } from './throwaway.ts'

export interface Boot {
  place: Throwaway
  guest: Guest
  request: Request
  /** A file, which is the guest's only disk. */
  image: string
}

/** Prints the guest's console to its stdout. */
export const startMachine: Record<Guest['machine'], (boot: Boot) => Promise<ChildProcess>> = {
  /** An ordinary program: the guest's memory is a file that has no name, the guest's system calls are traced. */
  async uml(boot) {
    const { place, request, image } = boot
    const devices = [`ubd0=${image}`, 'con=null', 'con0=fd:0,fd:1', `uml_dir=${place.directory}`]
    const root = ['rootfstype=hostfs', 'rootflags=/', 'ro', `init=${place.path('guest/init.sh')}`]
    const words = [`mem=${request.memory}`, 'noreboot', ...devices, ...root, ...kernelWords(boot, '/dev/ubda')]
    // The kernel and the process that it traces take turns: on two processors each turn costs up to three times as much.
    return place.spawn(['taskset', '--cpu-list', oneProcessor(), 'env', `TMPDIR=${executableMemory()}`, 'linux.uml', ...words])
  },

  /** KVM is not asked for: emulated, it is the same everywhere. */
  async qemu(boot) {
    const { place, request, image } = boot
    const socket = place.path('virtiofs')
    execFileSync('bash', [join(import.meta.dirname, 'initrd.sh'), request.kernel, place.directory], {
      stdio: ['ignore', 'ignore', 'inherit'],
    })
    place.spawn([virtiofsd, `--socket-path=${socket}`, '-o', 'source=/', '-o', 'cache=always', '-o', 'sandbox=chroot'])
    for (let tries = 0; !existsSync(socket); tries++) {
      if (tries === 100) throw new Mistake('virtiofsd does not start here')
      await setTimeout(50)
    }
    return place.spawn([
      'qemu-system-x86_64',
      ...['-machine', 'q35', '-accel', 'tcg,thread=multi,tb-size=512', '-cpu', 'Nehalem', '-smp', '2', '-m', request.memory],
      // virtiofsd reads and writes the guest's memory.
      ...['-object', `memory-backend-memfd,id=memory,size=${request.memory},share=on`, '-numa', 'node,memdev=memory'],
      ...['-chardev', `socket,id=host,path=${socket}`, '-device', 'vhost-user-fs-pci,chardev=host,tag=host'],
      ...['-drive', `if=virtio,format=raw,cache=unsafe,file=${image}`, '-device', 'virtio-rng-pci'],
      ...['-nodefaults', '-display', 'none', '-serial', 'stdio', '-monitor', 'none', '-no-reboot'],
      ...['-kernel', kernelImage(request.kernel), '-initrd', place.path('initrd')],
      ...['-append', ['console=ttyS0', 'mitigations=off', 'tsc=reliable', ...kernelWords(boot, '/dev/vda')].join(' ')],
    ])
  },
}

/** What the kernel does not know becomes the environment of its first process (bootparam(7)). */
function kernelWords({ place, guest, request }: Boot, disk: string): string[] {
  const lab = { LAB: place.directory, LAB_MANAGER: guest.manager, LAB_DELEGATE: request.delegate, LAB_DISK: disk }
  return ['quiet', 'loglevel=3', 'panic=-1', ...Object.entries(lab).map(([name, value]) => `${name}=${value}`)]
}

/** One of those that this process may run on; guests side by side seldom have the same. */
function oneProcessor(): string {
  const list = /^Cpus_allowed_list:\s*(\S+)$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1] ?? '0'
  const processors = list.split(',').flatMap((range) => {
    const [first = 0, last = first] = range.split('-').map(Number)
    return Array.from({ length: last - first + 1 }, (_, index) => first + index)
  })
  return String(processors[process.pid % processors.length])
}

/** UML maps its memory with PROT_EXEC, which a mount may forbid: /dev/shm of a container does. */
function executableMemory(): string {
  const options = /^\S+ \/dev\/shm \S+ (\S+)/m.exec(readFileSync('/proc/self/mounts', 'utf8'))?.[1]?.split(',') ?? []
  return options.includes('rw') && !options.includes('noexec') ? '/dev/shm' : tmpdir()
}

function kernelImage(kernel: string): string {
  const name = readdirSync(join(kernel, 'boot')).find((file) => file.startsWith('vmlinuz-'))
  if (name === undefined) throw new Mistake(`There is no vmlinuz in ${kernel}/boot`)
  return join(kernel, 'boot', name)
}
