// Starts a program without copying this process first (posix_spawn(3)): a fork of node copies tens of megabytes of page tables.

import { addressOf, bind } from './libc.ts'
import { cStringArray } from './process.ts'
import { SysError } from './sys-error.ts'

const posix_spawn_ = bind('posix_spawn', 'int', ['uint64', 'str', 'uint64', 'uint64', 'uint64', 'uint64'])
const attrInit = bind('posix_spawnattr_init', 'int', ['uint64'])
const attrSetFlags = bind('posix_spawnattr_setflags', 'int', ['uint64', 'int16'])
const attrSetSigDefault = bind('posix_spawnattr_setsigdefault', 'int', ['uint64', 'uint64'])
const actionsInit = bind('posix_spawn_file_actions_init', 'int', ['uint64'])
const actionsAddDup2 = bind('posix_spawn_file_actions_adddup2', 'int', ['uint64', 'int', 'int'])
const actionsDestroy = bind('posix_spawn_file_actions_destroy', 'int', ['uint64'])

const POSIX_SPAWN_SETPGROUP = 0x02
const POSIX_SPAWN_SETSIGDEF = 0x04
const POSIX_SPAWN_SETSIGMASK = 0x08
const POSIX_SPAWN_SETSID = 0x80
/** Standard signals but for SIGKILL and SIGSTOP, which have no other disposition. */
const standardSignals = 0x7fffffff & ~(1 << (9 - 1)) & ~(1 << (19 - 1))
/** More than posix_spawnattr_t and posix_spawn_file_actions_t have with glibc: 336 and 80 bytes. */
const room = 512

export interface SpawnOptions {
  /** Which descriptor becomes which. Sources are above all targets, or the same. */
  descriptors: readonly (readonly [from: number, to: number])[]
  /** A session of its own, or a process group of its own in the old session. */
  lead: 'session' | 'group'
}

/** Signals are as a fresh program expects them: none ignored, none blocked. @throws SysError when the program cannot be executed */
export function spawnProgram(path: string, argv: readonly string[], env: readonly string[], { descriptors, lead }: SpawnOptions): number {
  const [attributes, actions, pid] = [Buffer.alloc(room), Buffer.alloc(room), Buffer.alloc(4)]
  const defaults = Buffer.alloc(128) // sigset_t
  defaults.writeUInt32LE(standardSignals >>> 0, 0)
  attrInit(addressOf(attributes))
  attrSetFlags(
    addressOf(attributes),
    POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK | (lead === 'session' ? POSIX_SPAWN_SETSID : POSIX_SPAWN_SETPGROUP),
  )
  attrSetSigDefault(addressOf(attributes), addressOf(defaults))
  actionsInit(addressOf(actions))
  for (const [from, to] of descriptors) actionsAddDup2(addressOf(actions), from, to)
  const [words, environment] = [cStringArray(argv), cStringArray(env)]
  const errno = posix_spawn_(addressOf(pid), path, addressOf(actions), addressOf(attributes), addressOf(words), addressOf(environment))
  actionsDestroy(addressOf(actions))
  if (errno !== 0) throw new SysError('execve', [path, argv.join(' ')], errno)
  return pid.readInt32LE(0)
}
