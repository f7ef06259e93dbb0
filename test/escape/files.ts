// Attempts to change the host's files.

import type { Table } from './attempt.ts'

/** open(2) asks for the permission first: root has it, and meets the read-only mount. */
const refused = process.getuid?.() === 0 ? 'EROFS' : 'EACCES'

export const files: Table = {
  'write beside the project': ['EROFS', ({ fs }, { outside }) => fs.writeFileSync(`${outside}/new`, '')],
  'change a file of the caller': ['EROFS', ({ fs }, { outside }) => fs.appendFileSync(`${outside}/kept`, 'x')],
  'remove it': ['EROFS', ({ fs }, { outside }) => fs.unlinkSync(`${outside}/kept`)],
  'change its mode': ['EROFS', ({ fs }, { outside }) => fs.chmodSync(`${outside}/kept`, 0o777)],
  'change its times': ['EROFS', ({ fs }, { outside }) => fs.utimesSync(`${outside}/kept`, 1, 1)],
  'truncate it': ['EROFS', ({ fs }, { outside }) => fs.truncateSync(`${outside}/kept`)],
  'give it an attribute': ['EROFS', ({ call }, { outside }) => call(188, `${outside}/kept`, 'user.nsbox', 'x', 1, 0)],
  'make it immutable': [
    'EROFS',
    ({ fs, call }, { outside }) => call(16, fs.openSync(`${outside}/kept`, 'r'), 0x40086602, Buffer.alloc(8, 0x10)),
  ],
  'create in /etc': ['EROFS', ({ fs }) => fs.writeFileSync('/etc/nsbox-escape', '')],
  'create in /': ['EROFS', ({ fs }) => fs.mkdirSync('/nsbox-escape')],
  'create in /usr/bin': ['EROFS', ({ fs }) => fs.symlinkSync('/bin/sh', '/usr/bin/nsbox-escape')],
  'create in /var/lib': ['EROFS', ({ fs }) => fs.mkdirSync('/var/lib/nsbox-escape')],
  "through init's root": ['EACCES', ({ fs }, { outside }) => fs.writeFileSync(`/proc/1/root${outside}/new`, '')],
  'through its own root': ['EROFS', ({ fs }, { outside }) => fs.writeFileSync(`/proc/self/root${outside}/new`, '')],
  "through init's working directory": [
    'EACCES',
    ({ fs }, { outside }) => fs.writeFileSync(`/proc/1/cwd/../../../../../../..${outside}/new`, ''),
  ],
  'through a link in the project': [
    'EROFS',
    ({ fs }, { outside }) => {
      fs.symlinkSync(outside, 'out')
      fs.writeFileSync('out/new', '')
    },
  ],
  'with a hard link from outside': ['EXDEV', ({ fs }, { outside }) => fs.linkSync(`${outside}/kept`, 'linked')],
  'with a hard link to outside': ['EROFS', ({ fs }, { outside }) => fs.linkSync('file', `${outside}/linked`)],
  'by renaming into the project': ['EXDEV', ({ fs }, { outside }) => fs.renameSync(`${outside}/kept`, 'taken')],
  "through the project's parent": [
    'gone with the sandbox',
    ({ fs }, { root }) => {
      fs.writeFileSync(`${root}/beside`, '')
      return 'gone with the sandbox'
    },
  ],
  'by a file handle': [
    'EPERM',
    ({ fs, call }, { outside }) => {
      const [handle, mountId] = [Buffer.alloc(136), Buffer.alloc(4)]
      handle.writeUInt32LE(128)
      const named = call(303, -100, `${outside}/kept`, handle, mountId, 0)
      if (named !== 'ok') return named
      const root = fs.openSync('/', 'r')
      const result = call(304, root, handle, 2)
      fs.closeSync(root)
      return result
    },
  ],
  'through an inherited directory descriptor': [
    [],
    ({ fs }) =>
      fs.readdirSync('/proc/self/fd').filter((fd) => {
        try {
          return fs.statSync(`/proc/self/fd/${fd}`).isDirectory() && fs.readlinkSync(`/proc/self/fd/${fd}`) !== `/proc/${process.pid}/fd`
        } catch {
          return false
        }
      }),
  ],
  'by a setuid program': [
    'nosuid',
    ({ fs }) => {
      const root = fs
        .readFileSync('/proc/self/mountinfo', 'utf8')
        .split('\n')
        .filter((line) => line !== '' && !line.includes('nosuid'))
      return root.length === 0 ? 'nosuid' : root
    },
  ],
  'a loop device': ['ENOENT', ({ fs }) => fs.openSync('/dev/loop-control', 'r+')],
  'a file system of its own': ['ENOENT', ({ fs }) => fs.openSync('/dev/fuse', 'r+')],
  'the memory of the machine': ['ENOENT', ({ fs }) => fs.openSync('/dev/mem', 'r')],
  'the memory of the kernel': [
    'refused',
    ({ fs }) => {
      try {
        return fs.openSync('/proc/kcore', 'r')
      } catch (error) {
        return ['EACCES', 'EPERM', 'ENOENT'].includes((error as NodeJS.ErrnoException).code ?? '') && 'refused'
      }
    },
  ],
  'in /sys': ['EROFS', ({ fs }) => fs.openSync('/sys/kernel/profiling', fs.constants.O_WRONLY)],
  'in a cgroup': [
    true,
    ({ fs, cgroupMounts }) =>
      cgroupMounts().every((mount) => {
        try {
          fs.mkdirSync(`${mount}/nsbox-escape`)
          return false
        } catch (error) {
          return ['EROFS'].includes((error as NodeJS.ErrnoException).code ?? '')
        }
      }),
  ],
  'move itself to another cgroup': [
    true,
    ({ fs, cgroupMounts }) =>
      cgroupMounts().every((mount) => {
        try {
          fs.writeFileSync(`${mount}/cgroup.procs`, '0', { flag: 'r+' })
          return false
        } catch (error) {
          return ['EROFS', 'EACCES'].includes((error as NodeJS.ErrnoException).code ?? '')
        }
      }),
  ],
  "the caller's keys, and timers of all processes": [
    ['', '', ''],
    ({ fs }) =>
      ['keys', 'key-users', 'timer_list'].map((name) => (fs.existsSync(`/proc/${name}`) ? fs.readFileSync(`/proc/${name}`, 'utf8') : '')),
  ],
  'a core pattern': [refused, ({ fs }) => fs.openSync('/proc/sys/kernel/core_pattern', fs.constants.O_WRONLY)],
  'the host name by its sysctl': [refused, ({ fs }) => fs.openSync('/proc/sys/kernel/hostname', fs.constants.O_WRONLY)],
  'dropping caches': [refused, ({ fs }) => fs.openSync('/proc/sys/vm/drop_caches', fs.constants.O_WRONLY)],
  'the magic key': [
    true,
    ({ fs }) => {
      try {
        fs.writeFileSync('/proc/sysrq-trigger', 'h', { flag: 'r+' })
        return 'written'
      } catch (error) {
        return ['EROFS', 'ENOENT'].includes((error as NodeJS.ErrnoException).code ?? '')
      }
    },
  ],
}
