// A terminal's foreground process group, settings and exclusive mode (tcsetpgrp(3), termios(3), TIOCEXCL(2const)).

import { openSync } from 'node:fs'
import { addressOf, bind, bindChecked } from './libc.ts'

const tcgetpgrp_ = bind('tcgetpgrp', 'int', ['int'])
const tcsetpgrp_ = bindChecked('tcsetpgrp', 'int', ['int', 'int'])
const tcgetattr_ = bindChecked('tcgetattr', 'int', ['int', 'uint64'])
const tcsetattr_ = bindChecked('tcsetattr', 'int', ['int', 'int', 'uint64'])
const ioctl_ = bind('ioctl', 'int', ['int', 'ulong', 'uint64'])
export const getpgrp: () => number = bind('getpgrp', 'int', [])
const TCSANOW = 0
const TIOCNXCL = 0x540d

/** The controlling terminal, or undefined when this session has none. */
export function openTerminal(): number | undefined {
  try {
    return openSync('/dev/tty', 'r+')
  } catch {
    return undefined
  }
}

/** The process group that may read from the terminal. -1 once the terminal is gone. */
export function foregroundGroup(terminal: number): number {
  return tcgetpgrp_(terminal)
}

/** From the background this needs SIGTTOU ignored. */
export function setForegroundGroup(terminal: number, group: number): void {
  tcsetpgrp_(terminal, group)
}

/** struct termios, as it is now. */
export function terminalSettings(terminal: number): Buffer {
  const settings = Buffer.alloc(128)
  tcgetattr_(terminal, addressOf(settings))
  return settings
}

export function restoreTerminalSettings(terminal: number, settings: Buffer): void {
  tcsetattr_(terminal, TCSANOW, addressOf(settings))
}

/** In exclusive mode nobody but root can open a terminal (EBUSY). */
export function endExclusiveMode(terminal: number): void {
  ioctl_(terminal, TIOCNXCL, 0)
}
