// Capabilities of the calling thread (capabilities(7), capset(2)).

import { addressOf } from './libc.ts'
import { prctl } from './process.ts'
import { syscall } from './syscall.ts'

/** Numbers of linux/capability.h, in order. */
const capabilityNames = [
  'chown',
  'dac_override',
  'dac_read_search',
  'fowner',
  'fsetid',
  'kill',
  'setgid',
  'setuid',
  'setpcap',
  'linux_immutable',
  'net_bind_service',
  'net_broadcast',
  'net_admin',
  'net_raw',
  'ipc_lock',
  'ipc_owner',
  'sys_module',
  'sys_rawio',
  'sys_chroot',
  'sys_ptrace',
  'sys_pacct',
  'sys_admin',
  'sys_boot',
  'sys_nice',
  'sys_resource',
  'sys_time',
  'sys_tty_config',
  'mknod',
  'lease',
  'audit_write',
  'audit_control',
  'setfcap',
  'mac_override',
  'mac_admin',
  'syslog',
  'wake_alarm',
  'block_suspend',
  'audit_read',
  'perfmon',
  'bpf',
  'checkpoint_restore',
] as const
export type Capability = (typeof capabilityNames)[number]

const LINUX_CAPABILITY_VERSION_3 = 0x20080522
const PR_CAP_AMBIENT_CLEAR_ALL = 4

/**
 * Leaves only the named capabilities, in the bounding set too, so that nothing started later can
 * have more. Holds for one thread and those it starts: call it while there is only one.
 */
export function limitCapabilities(kept: readonly Capability[]): void {
  for (const [number, name] of capabilityNames.entries()) if (!kept.includes(name)) dropFromBoundingSet(number)
  prctl('PR_CAP_AMBIENT', PR_CAP_AMBIENT_CLEAR_ALL)
  const word = kept.reduce((bits, name) => bits | (1n << BigInt(capabilityNames.indexOf(name))), 0n)
  const header = Buffer.alloc(8)
  header.writeUInt32LE(LINUX_CAPABILITY_VERSION_3, 0)
  const data = Buffer.alloc(24)
  for (const half of [0, 1]) {
    const bits = Number((word >> BigInt(32 * half)) & 0xffffffffn)
    data.writeUInt32LE(bits, 12 * half) // effective
    data.writeUInt32LE(bits, 12 * half + 4) // permitted; inheritable stays empty
  }
  syscall('capset', [addressOf(header), addressOf(data)], [`keep ${kept.join(',') || 'none'}`])
}

function dropFromBoundingSet(number: number): void {
  try {
    prctl('PR_CAPBSET_DROP', number)
  } catch (error) {
    // EINVAL: this kernel is older than the capability.
    if ((error as { errno?: string }).errno !== 'EINVAL') throw error
  }
}
