// Attempts to reach processes of the host, or to outlive the sandbox.

import { attempts } from './attempt.ts'

attempts({
  'see a process of the host': ['ENOENT', ({ fs }, { pid }) => fs.readFileSync(`/proc/${pid}/environ`)],
  'list processes besides its own': [
    [],
    ({ fs }) => fs.readdirSync('/proc').filter((name) => Number(name) > 1 && Number(name) !== process.pid),
  ],
  'signal a process of the host by its number': ['ESRCH', ({ call }, { pid }) => call(62, pid, 0)],
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
})
