// Attempts to reach processes of the host, or to outlive the sandbox.

import type { Table } from './attempt.ts'

export const processes: Table = {
  'see a process of the host': ['ENOENT', ({ fs }, { pid }) => fs.readFileSync(`/proc/${pid}/environ`)],
  'list processes besides its own': [
    [],
    ({ fs }) => fs.readdirSync('/proc').filter((name) => Number(name) > 1 && Number(name) !== process.pid),
  ],
  'signal a process of the host by its number': ['ESRCH', ({ call }, { pid }) => call(62, pid, 0)],
  "signal the host's process group": ['ESRCH', ({ call }, { pid }) => call(62, -pid, 0)],
  'signal its own process group': [
    'sent',
    ({ call }) => {
      process.on('SIGUSR1', () => undefined)
      return call(62, 0, 10) === 'ok' && 'sent'
    },
  ],
  "join the host's process group": ['EPERM', ({ call }, { pid }) => call(109, 0, pid)],
  "look at a host process's directory": ['ENOENT', ({ fs }, { pid }) => fs.readdirSync(`/proc/${pid}/cwd`)],
  'open the terminal of whoever started it': ['ENXIO', ({ fs }) => fs.openSync('/dev/tty', 'r+')],
  'signal everything': [
    'sent',
    ({ sh }) => {
      process.on('SIGTERM', () => undefined)
      return sh('trap "" TERM; kill -TERM -1; echo sent').includes('sent') && 'sent'
    },
  ],
  'ptrace a process of the host': ['ESRCH', ({ call }, { pid }) => call(101, 16, pid, 0, 0)],
  'kill init with every signal': [
    'init lives',
    ({ call, fs }) => {
      for (let signal = 1; signal <= 64; signal++) call(62, 1, signal)
      return /^State:\s+[RS]/m.test(fs.readFileSync('/proc/1/status', 'utf8')) && 'init lives'
    },
  ],
  'take over init by ptrace': ['EPERM', ({ call }) => call(101, 16, 1, 0, 0)],
  "write into init's pipes": [
    ['EACCES'],
    ({ fs }) => {
      const open = (fd: number) => {
        try {
          return fs.openSync(`/proc/1/fd/${fd}`, fs.constants.O_WRONLY)
        } catch (error) {
          return (error as NodeJS.ErrnoException).code
        }
      }
      return [...new Set(Array.from({ length: 64 }, (_, fd) => open(fd)))].filter((code) => code !== 'ENOENT')
    },
  ],
  "take a descriptor of init's": ['EPERM', ({ call, raw }) => call(438, raw(434, 1, 0), 0, 0)],
  'find a pipe that leads out, for its own report': [
    [],
    ({ fs }) => {
      const links = fs.readdirSync('/proc/self/fd').flatMap((fd) => {
        try {
          return [{ fd: Number(fd), link: fs.readlinkSync(`/proc/self/fd/${fd}`) }]
        } catch {
          return []
        }
      })
      // Both ends of node's own pipes are here.
      const ends = (link: string) => links.filter((other) => other.link === link).length
      return links.filter(({ fd, link }) => fd > 2 && link.startsWith('pipe:') && ends(link) < 2)
    },
  ],
  'find more sockets than its channel': [
    true,
    ({ fs }) => {
      const fds = fs.readdirSync('/proc/self/fd').filter((fd) => Number(fd) > 2 && fs.existsSync(`/proc/self/fd/${fd}`))
      return fds.filter((fd) => fs.statSync(`/proc/self/fd/${fd}`).isSocket()).length <= 1
    },
  ],
  "read init's memory by its number": [
    'EPERM',
    ({ call }) => {
      const place = Buffer.alloc(16)
      place.writeUInt32LE(4096)
      place.writeUInt32LE(8, 8)
      return call(310, 1, place, 1, place, 1, 0)
    },
  ],
  "compare descriptors with init's": ['EPERM', ({ call }) => call(312, 1, process.pid, 0, 0, 0)],
  "stop init's memory from being its own": ['EPERM', ({ call }) => call(101, 0x4206, 1, 0, 0)],
  'map other users': ['EPERM', ({ fs }) => fs.writeFileSync('/proc/self/uid_map', '0 1 1')],
  'be spared when memory is short': ['EACCES', ({ fs }) => fs.writeFileSync('/proc/self/oom_score_adj', '-1000')],
  'move its own clocks': [
    'refused',
    ({ fs }) => {
      try {
        fs.writeFileSync('/proc/self/timens_offsets', 'monotonic 100 0')
        return 'moved'
      } catch (error) {
        return ['EACCES', 'EPERM'].includes((error as NodeJS.ErrnoException).code ?? '') && 'refused'
      }
    },
  ],
  "read init's memory": ['EACCES', ({ fs }) => fs.openSync('/proc/1/mem', 'r')],
  "read init's environment": ['EACCES', ({ fs }) => fs.readFileSync('/proc/1/environ', 'utf8')],
  'enter namespaces of init': [
    'EPERM',
    ({ sh }) => /Operation not permitted|Permission denied/.test(sh('nsenter -t 1 -m -p true')) && 'EPERM',
  ],
  'enter the host by the parent user namespace': [
    'EPERM',
    ({ call, fs, raw }) => {
      // NS_GET_PARENT
      const parent = raw(16, fs.openSync('/proc/self/ns/user', 'r'), 0xb702)
      return parent === -1 ? 'EPERM' : call(308, parent, 0)
    },
  ],
  'gain capabilities by a setuid program': [
    'none gained',
    ({ sh }) => {
      const held = (shell: string) => sh(`${shell} -c 'grep -E "^(Cap|Uid)" /proc/self/status'`)
      sh('cp /bin/sh setuid; chmod 6755 setuid')
      return held('./setuid -p') === held('/bin/sh') ? 'none gained' : held('./setuid -p')
    },
  ],
  'mount by the setuid program': ['refused', ({ sh }) => (/exit 0$/.test(sh('mount -o remount,rw /')) ? 'mounted' : 'refused')],
  'unshare by the program': ['refused', ({ sh }) => (/exit 0$/.test(sh('unshare -U true')) ? 'unshared' : 'refused')],
  'umount by the program': ['refused', ({ sh }) => (/exit 0$/.test(sh('umount -l /proc')) ? 'unmounted' : 'refused')],
  'raise a limit by the program': [
    'refused',
    ({ sh }) => (/exit 0$/.test(sh('prlimit --pid 1 --nofile=1:9999999')) ? 'raised' : 'refused'),
  ],
}
