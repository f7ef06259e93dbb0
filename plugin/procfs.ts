// Processes and sockets of the sandbox, as /proc tells them: its own inside, the host's outside.

import { isOwnProc } from '../src/sys/own-proc.ts'
import { getpid } from '../src/sys/process.ts'
import { signalBit, signalMask } from '../src/sys/signal.ts'
import {
  isInteger,
  Math,
  monotonicNs,
  Number,
  parseFloat,
  parseInt,
  readdirSync,
  readFileSync,
  readlinkSync,
  Set,
} from '../src/untouched.ts'

export interface ProcessStat {
  pid: number
  /** One letter: `Z` is gone, and only not waited for. */
  state: string
  ppid: number
  /** Since the boot, in milliseconds, exact to {@link tick}. */
  startedMs: number
}

export interface Socket {
  protocol: 'tcp' | 'udp'
  port: number
  inode: string
}

/** An open port, and who has its socket. */
export interface HeldPort<Pid extends number | 'self'> {
  socket: Socket
  by: Pid
}

/** USER_HZ is 100 on every architecture that node runs on. */
export const tick = 10

/** proc_pid_stat(5). The name of the program may hold spaces and brackets. */
export function parseStat(text: string): ProcessStat {
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
  // The first of these is field 3.
  return { pid: parseInt(text, 10), state: fields[0] ?? '', ppid: Number(fields[1]), startedMs: Number(fields[19]) * tick }
}

/** Of /proc/net/tcp and its kind: TCP that listens (0A), UDP that is bound and has no peer (07). */
export function parseSockets(text: string, protocol: Socket['protocol']): Socket[] {
  const wanted = protocol === 'tcp' ? '0A' : '07'
  return text
    .split('\n')
    .slice(1)
    .map((line) => line.trim().split(/\s+/))
    .filter((fields) => fields[3] === wanted)
    .map((fields) => ({ protocol, port: parseInt(fields[1]?.split(':')[1] ?? '', 16), inode: fields[9] ?? '' }))
}

/** The processes of this pid namespace, by their pids in /proc. If no own /proc could be mounted, /proc belongs to an outer namespace. */
export function pids(): number[] {
  const all = readdirSync('/proc').map(Number).filter(isInteger)
  if (isOwnProc(getpid())) return all
  const own = pidNamespace('self')
  return all.filter((pid) => pidNamespace(pid) === own)
}

/** The pid of this process in /proc. */
export function selfPid(): number {
  return Number(readlinkSync('/proc/self'))
}

/** '' when access is denied, as to init. */
function pidNamespace(pid: number | 'self'): string {
  return unlessGone(() => readlinkSync(`/proc/${pid}/ns/pid`), '')
}

/** Undefined when it is gone. */
export function processStat(pid: number): ProcessStat | undefined {
  const text = readIfThere(`/proc/${pid}/stat`)
  return text === '' ? undefined : parseStat(text)
}

/** States of proc_pid_stat(5): a zombie, and what is about to be none any more. */
const ended = ['Z', 'X']

/** Whether it has ended, or has only to take the signal that ends it: on a busy machine it waits for a processor. */
function isEnding({ pid, state }: ProcessStat): boolean {
  return ended.includes(state) || hasFatalSignal(readIfThere(`/proc/${pid}/status`))
}

const SIGKILL = 9
/** Standard signals that end who does nothing about them (signal(7)): all but CHLD, CONT, STOP, TSTP, TTIN, TTOU, URG and WINCH. */
const fatal = [17, 18, 19, 20, 21, 22, 23, 28].reduce((mask, signal) => mask & ~signalBit(signal), 0x7fffffff)

/** By masks of proc_pid_status(5). */
export function hasFatalSignal(status: string): boolean {
  const pending = signalMask(status, 'SigPnd') | signalMask(status, 'ShdPnd')
  if (pending & signalBit(SIGKILL)) return true
  // Who is stopped takes no other.
  if (/^State:\s*[Tt]/m.test(status)) return false
  const spared = signalMask(status, 'SigBlk') | signalMask(status, 'SigIgn') | signalMask(status, 'SigCgt')
  return (pending & fatal & ~spared) !== 0
}

/** Programs that libraries start for themselves, and that end with the worker. */
const helpers = /\/esbuild(\s.*)?\s--service=/

function isHelper(pid: number): boolean {
  return helpers.test(commandOf(pid))
}

/** Those that a file is to answer for: they run, and are nobody's helpers. */
export function running(all: readonly number[]): ProcessStat[] {
  return all
    .filter((pid) => !isHelper(pid))
    .map(processStat)
    .filter((stat) => stat !== undefined)
    .filter((stat) => !isEnding(stat))
}

/** Those that may start others, and that a later file is not to answer for. */
export function lasting(all: readonly number[], ours: ReadonlySet<number>): Set<number> {
  return new Set(running(all.filter((pid) => !ours.has(pid))).map(({ pid }) => pid))
}

/**
 * Whether it is one of `older`, or may have been started by one: it is below one, or its parent has ended, and nothing tells whose it
 * was (pid_namespaces(7): it is init's child then, as `worker` is).
 */
export function isOfOlder(pid: number, older: ReadonlySet<number>, worker: number): boolean {
  if (older.size === 0) return false
  const init = processStat(worker)?.ppid
  for (let above = pid; above !== worker; ) {
    const stat = processStat(above)
    if (!stat || older.has(above) || stat.ppid === init) return true
    above = stat.ppid
  }
  return false
}

/** What was told to end may take this long, in milliseconds after the last hook; each time it is looked for again. */
export const graces: readonly number[] = [5, 15, 30, 50]

/** The pid in the sandbox, of a pid that the host's /proc has: the next namespace's (proc_pid_status(5), NSpid). */
export function innerPid(pid: number): number | undefined {
  const [, inner] = /^NSpid:\s+\d+\s+(\d+)/m.exec(readIfThere(`/proc/${pid}/status`)) ?? []
  return inner === undefined ? undefined : Number(inner)
}

const commandShown = 200

/** Its words; in brackets the name of one that has none. */
export function commandOf(pid: number): string {
  const words = readIfThere(`/proc/${pid}/cmdline`).replace(/\0$/, '').replaceAll('\0', ' ')
  return words === '' ? `[${readIfThere(`/proc/${pid}/comm`).trim()}]` : words.slice(0, commandShown)
}

/** A file of /proc/net. */
type Table = `${Socket['protocol']}${'' | '6'}`

/** Of /proc/net/sockstat and sockstat6: the tables that have anything in them. */
export function parseUsedTables(text: string): Table[] {
  return [...text.matchAll(/^(TCP|UDP)(6?): inuse (\d+)/gm)]
    .filter(([, , , count]) => count !== '0')
    .map(([, protocol = '', version = '']) => `${protocol.toLowerCase()}${version}` as Table)
}

/**
 * Of the network namespace of a process. To read /proc/net/tcp takes milliseconds even where it is empty, because the kernel walks
 * the connections of all network namespaces; so the counts are asked first.
 */
export function usedTables(of: number | 'self' = 'self'): Table[] {
  return parseUsedTables(readIfThere(`/proc/${of}/net/sockstat`) + readIfThere(`/proc/${of}/net/sockstat6`))
}

function openSockets(tables: readonly Table[], of: number | 'self'): Socket[] {
  return tables.flatMap((table) => parseSockets(readIfThere(`/proc/${of}/net/${table}`), table.startsWith('tcp') ? 'tcp' : 'udp'))
}

/** Open ports in the network of `of` whose sockets these processes have, and that are not `older`. */
export function heldPorts<Pid extends number | 'self'>(
  holders: readonly Pid[],
  older: ReadonlySet<string>,
  of: number | 'self' = 'self',
): HeldPort<Pid>[] {
  const tables = usedTables(of)
  if (tables.length === 0) return []
  const held = holders.flatMap((by) => socketsOf(by).map((inode) => ({ by, inode })))
  const newer = held.filter(({ inode }) => !older.has(inode))
  if (newer.length === 0) return []
  return openSockets(tables, of).flatMap((socket) => {
    const holder = newer.find(({ inode }) => inode === socket.inode)
    return holder ? [{ socket, by: holder.by }] : []
  })
}

/** Inodes of the sockets that a process has; none where it may not be looked into. */
export function socketsOf(pid: number | 'self'): string[] {
  const directory = `/proc/${pid}/fd`
  return unlessGone(() => readdirSync(directory), []).flatMap((fd) => {
    const [, inode] = /^socket:\[(\d+)\]$/.exec(unlessGone(() => readlinkSync(`${directory}/${fd}`), '')) ?? []
    return inode === undefined ? [] : [inode]
  })
}

/** Of the clock that {@link ProcessStat.startedMs} counts by, in milliseconds. */
export function sinceBoot(): number {
  const coarse = parseFloat(readIfThere('/proc/uptime')) * 1000
  const fine = Number(monotonicNs()) / 1e6
  // CLOCK_MONOTONIC does not count the time that a machine slept; without any, it is the same and finer.
  return Math.abs(fine - coarse) < 2 * tick ? fine : coarse
}

function readIfThere(path: string): string {
  return unlessGone(() => readFileSync(path, 'utf8'), '')
}

/** Processes end while they are looked at, and some are not ours to read. */
function unlessGone<T>(read: () => T, otherwise: T): T {
  try {
    return read()
  } catch (error) {
    if (['ENOENT', 'ESRCH', 'EACCES', 'EPERM'].includes((error as NodeJS.ErrnoException).code ?? '')) return otherwise
    throw error
  }
}
