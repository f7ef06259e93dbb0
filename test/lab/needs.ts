// What guests take from this machine, and the Debian package that brings each.

import { existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import type { Guest } from './request.ts'

/** The C one: its successor has other options. */
export const virtiofsd = '/usr/lib/qemu/virtiofsd'

/** Names are looked for in PATH. */
type Needs = Record<string, string>

const always: Needs = { git: 'git', mke2fs: 'e2fsprogs', debugfs: 'e2fsprogs', ip: 'iproute2', taskset: 'util-linux' }

const machines: Record<Guest['machine'], Needs> = {
  uml: { 'linux.uml': 'user-mode-linux', insmod: 'kmod' },
  qemu: { 'qemu-system-x86_64': 'qemu-system-x86', [virtiofsd]: 'qemu-system-common', busybox: 'busybox-static', modprobe: 'kmod' },
}

const managers: Record<Guest['manager'], Needs> = {
  plain: {},
  systemd: {
    '/lib/systemd/systemd': 'systemd',
    '/usr/lib/systemd/user/dbus.socket': 'dbus-user-session',
    '/usr/share/pam-configs/systemd': 'libpam-systemd',
  },
}

/** What is missing and what brings it, one a line; empty when these guests can start. */
export function missingHere(guests: readonly Guest[], kernel: string): string[] {
  const needs = Object.assign({}, always, ...guests.flatMap(({ machine, manager }) => [machines[machine], managers[manager]])) as Needs
  const missing = Object.entries(needs).filter(([name]) => !isHere(name))
  const lines = missing.map(([name, brings]) => `missing here: ${name} (package ${brings})`)
  if (missing.length > 0) {
    const packages = new Set(missing.map(([, brings]) => brings))
    lines.push(`apt-get install --no-install-recommends ${[...packages].join(' ')}`)
  }
  if (guests.some(({ machine }) => machine === 'qemu')) {
    if (!existsSync(join(kernel, 'boot'))) lines.push(`missing here: a kernel in ${kernel}\ntest/lab/kernel.sh '${kernel}'`)
    if (process.getuid?.() !== 0) lines.push('missing here: root, as whom virtiofsd has to run; uml guests need no root')
  }
  return lines
}

function isHere(name: string): boolean {
  const directories = name.startsWith('/') ? ['/'] : (process.env['PATH'] ?? '').split(delimiter)
  return directories.some((directory) => existsSync(join(directory, name)))
}
