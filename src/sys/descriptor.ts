// File descriptors.

import { BigInt, Buffer, Number, readdirSync, readlinkSync, Set, String } from '../untouched.ts'
import { addressOf, bind, bindChecked } from './libc.ts'
import { syscall } from './syscall.ts'

const O_CLOEXEC = 0o2000000
const O_PATH = 0o10000000
const FD_CLOEXEC = 1
const F_GETFD = 1
const F_SETFD = 2
const F_GETFL = 3
const F_DUPFD_CLOEXEC = 1030
const O_ACCMODE = 3
const SEEK_SET = 0
const SEEK_CUR = 1

const open_ = bindChecked('open', 'int', ['str', 'int', 'int'])
const dup2_ = bindChecked('dup2', 'int', ['int', 'int'])
const fcntl_ = bindChecked('fcntl', 'int', ['int', 'int', 'int'])
const fcntlQuiet = bind('fcntl', 'int', ['int', 'int', 'int'])
const close_ = bind('close', 'int', ['int'])
const read_ = bind('read', 'long', ['int', 'uint64', 'ulong'])
const write_ = bind('write', 'long', ['int', 'uint64', 'ulong'])
const pipe2_ = bindChecked('pipe2', 'int', ['uint64', 'int'])
const lseek_ = bind('lseek', 'long', ['int', 'long', 'int'])
const poll_ = bind('poll', 'int', ['uint64', 'ulong', 'int'])

/** A handle to a place in the file system that grants no access by itself (open(2), O_PATH). */
export function openPath(path: string): number {
  return open_(path, O_PATH | O_CLOEXEC, 0)
}

const AT_FDCWD = -100
const RESOLVE_NO_MAGICLINKS = 0x02
const RESOLVE_NO_SYMLINKS = 0x04
const RESOLVE_IN_ROOT = 0x10

/**
 * A handle to what `path` is for a process whose root directory is `root`: links and `..` stay below it
 * (openat2(2), RESOLVE_IN_ROOT, Linux 5.6). @throws SysError
 */
export function openPathInRoot(root: number, path: string): number {
  return openPathBy(root, path, RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS)
}

/** A handle to an absolute path, if no part of it is a link. @throws SysError */
export function openRealPath(path: string): number {
  return openPathBy(AT_FDCWD, path, RESOLVE_NO_SYMLINKS)
}

function openPathBy(directory: number, path: string, resolve: number): number {
  const name = Buffer.from(`${path}\0`)
  // struct open_how: flags, mode, resolve; 64 bits each.
  const how = Buffer.alloc(24)
  how.writeBigUInt64LE(BigInt(O_PATH | O_CLOEXEC), 0)
  how.writeBigUInt64LE(BigInt(resolve), 16)
  return syscall('openat2', [directory, addressOf(name), addressOf(how), how.length], [directory, path])
}

export function close(fd: number): void {
  close_(fd)
}

/** dup2(2); the copy survives exec. */
export function duplicateTo(fd: number, target: number): void {
  if (fd === target) fcntl_(fd, F_SETFD, 0)
  else dup2_(fd, target)
}

/** A copy that exec closes. */
export function duplicate(fd: number): number {
  return fcntl_(fd, F_DUPFD_CLOEXEC, 0)
}

/** True when it was opened for reading alone. */
export function isReadOnly(fd: number): boolean {
  return (fcntlQuiet(fd, F_GETFL, 0) & O_ACCMODE) === 0
}

export function position(fd: number): number {
  return Number(lseek_(fd, 0, SEEK_CUR))
}

export function seek(fd: number, to: number): void {
  lseek_(fd, to, SEEK_SET)
}

/**
 * Runs `start`, which starts a process, while no descriptor above stderr is inherited that was not
 * asked for: whatever this process was given by its own parent stays with it.
 */
export function withoutInheritedDescriptors<T>(start: () => T): T {
  const inherited = inheritable()
  for (const fd of inherited) fcntlQuiet(fd, F_SETFD, FD_CLOEXEC)
  try {
    return start()
  } finally {
    for (const fd of inherited) fcntlQuiet(fd, F_SETFD, 0)
  }
}

/** What this process was given above stderr stays with it when a program is started. */
export function closeAtExec(): void {
  for (const fd of inheritable()) fcntlQuiet(fd, F_SETFD, FD_CLOEXEC)
}

/**
 * Descriptors that can be written to and were given to this process. node's own are event queues, and
 * pipes of which it holds both ends; FD_CLOEXEC tells nothing, because libuv sets it on all.
 */
export function givenForWriting(): number[] {
  return given().filter(isWritable)
}

/** Whether this process was given such a descriptor. */
export function isGiven(fd: number): boolean {
  return given().includes(fd)
}

function given(): number[] {
  const open = readdirSync('/proc/self/fd').map((name) => ({ fd: Number(name), what: targetOf(name) }))
  // A shell passes the same end twice: >(command) is descriptor 63 too. node has both ends of its own.
  const hasBothEnds = (pipe: string) => {
    const ends = open.filter(({ what }) => what === pipe).map(({ fd }) => isReadOnly(fd))
    return ends.includes(true) && ends.includes(false)
  }
  const isOwn = (what: string) => what.startsWith('anon_inode:') || (what.startsWith('pipe:') && hasBothEnds(what))
  return open.filter(({ fd, what }) => what !== '' && (fd <= 2 || !isOwn(what))).map(({ fd }) => fd)
}

/** Empty for what is closed meanwhile. */
function targetOf(name: string): string {
  try {
    return readlinkSync(`/proc/self/fd/${name}`)
  } catch {
    return ''
  }
}

function isWritable(fd: number): boolean {
  const flags = fcntlQuiet(fd, F_GETFL, 0)
  return flags !== -1 && (flags & O_ACCMODE) !== 0
}

/** Whether this process was given such a descriptor; all but node's own event queues and pipes can be. */
export function isOpenForReading(fd: number): boolean {
  const flags = fcntlQuiet(fd, F_GETFL, 0)
  return flags !== -1 && (flags & O_ACCMODE) !== 1 && !targetOf(String(fd)).startsWith('anon_inode:')
}

/** They survive exec, whatever libuv made of them. */
export function keepAtExec(fds: readonly number[]): void {
  for (const fd of fds) fcntlQuiet(fd, F_SETFD, 0)
}

function inheritable(): number[] {
  return readdirSync('/proc/self/fd')
    .map(Number)
    .filter((fd) => fd > 2 && fcntlQuiet(fd, F_GETFD, 0) === 0)
}

export function pipe(): { read: number; write: number } {
  const pair = Buffer.alloc(8)
  pipe2_(addressOf(pair), O_CLOEXEC)
  return { read: pair.readInt32LE(0), write: pair.readInt32LE(4) }
}

/** Writes all bytes; a reader that is gone is no error here. */
export function writeAll(fd: number, bytes: Buffer): void {
  const base = addressOf(bytes)
  let offset = 0
  while (offset < bytes.length) {
    const written = Number(write_(fd, base + BigInt(offset), bytes.length - offset))
    if (written <= 0) return
    offset += written
  }
}

/** Throws away what can be read from a descriptor that does not block. */
export function drain(fd: number): void {
  const bytes = Buffer.alloc(4096)
  while (Number(read_(fd, addressOf(bytes), bytes.length)) > 0);
}

const POLLIN = 1
const POLLOUT = 4

/** Blocks until at least one descriptor is readable or hung up, and answers which. */
export function pollReadable(fds: readonly number[], timeoutMs = -1): Set<number> {
  return poll(fds, POLLIN, timeoutMs)
}

/** Blocks until the descriptor takes more bytes, or its reader is gone. */
export function waitWritable(fd: number): void {
  poll([fd], POLLOUT, -1)
}

/** True when it takes bytes without blocking, or its reader is gone. */
export function isWritableNow(fd: number): boolean {
  return poll([fd], POLLOUT, 0).size > 0
}

/** struct pollfd: the descriptor, then the events asked for and those that came, 16 bits each. */
function poll(fds: readonly number[], events: number, timeoutMs: number): Set<number> {
  const entries = Buffer.alloc(8 * fds.length)
  for (const [index, fd] of fds.entries()) {
    entries.writeInt32LE(fd, 8 * index)
    entries.writeInt16LE(events, 8 * index + 4)
  }
  const ready = new Set<number>()
  if (poll_(addressOf(entries), fds.length, timeoutMs) <= 0) return ready
  for (const [index, fd] of fds.entries()) if (entries.readInt16LE(8 * index + 6) !== 0) ready.add(fd)
  return ready
}
