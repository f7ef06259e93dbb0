// Inside: what a test file leaves running and open, looked for when its last hook is over.

import { getppid } from '../src/sys/process.ts'
import { Promise, resourceUsage, Set, setTimeout } from '../src/untouched.ts'
import {
  commandOf,
  graces,
  type HeldPort,
  heldPorts,
  isOfOlder,
  lasting,
  type ProcessStat,
  pids,
  processStat,
  running,
  selfPid,
  socketsOf,
  usedTables,
} from './procfs.ts'
import type { Starts } from './starts.ts'
import { endsFile, queuedFile, taskUpdate } from './task-updates.ts'

export interface LeftProcess {
  /** In the sandbox. */
  pid: number
  command: string
  /** The test that started it, where that is known. */
  test?: string
}

export interface OpenPort {
  protocol: 'tcp' | 'udp'
  port: number
  /** Who has it: the worker, or the pid of a process that was left. */
  by: 'worker' | number
  /** The test that opened it, or started the process that has it, where that is known. */
  test?: string
}

export interface LeftBehind {
  /** Null where the sandbox has no pid namespace of its own. */
  processes: LeftProcess[] | null
  ports: OpenPort[]
  /** Of the worker itself, for this file. */
  cpuMs: number
  /** Of the worker itself, until then. */
  memoryPeakBytes: number
}

/** A process, or a port by its socket, that was not there before. */
interface Look {
  processes: ProcessStat[]
  ports: HeldPort<number | 'self'>[]
}

export class Leftovers {
  readonly #starts: Starts
  #fileId: string | undefined
  /** What nsbox itself runs in the sandbox. */
  readonly #ours: ReadonlySet<number>
  /** What earlier files have left. What it starts and opens is not the later file's. */
  #olderPids: ReadonlySet<number> = new Set()
  readonly #olderSockets: Set<string>
  #cpuBefore = 0

  /** As soon as there is a sandbox: most are forked ahead, and no file waits for this. */
  constructor(starts: Starts) {
    this.#starts = starts
    this.#ours = new Set(pids())
    this.#olderSockets = new Set(usedTables().length > 0 ? socketsOf('self') : [])
  }

  /** Before the fork: what is compiled now costs no file anything. */
  async rehearse(): Promise<void> {
    this.#begin({ id: '' })
    await this.#find()
  }

  /** Of a message of vitest's: what the file that ends with it has left behind. Takes time only where there is something. */
  see(message: unknown): LeftBehind | Promise<LeftBehind> | undefined {
    const file = queuedFile(message)
    if (file) this.#begin(file)
    const update = taskUpdate(message)
    return update && endsFile(update, this.#fileId) ? this.#find() : undefined
  }

  #begin(file: { id: string }): void {
    if (this.#fileId !== undefined) this.#olderPids = lasting(pids(), this.#ours)
    this.#fileId = file.id
    this.#starts.begin(file)
    this.#cpuBefore = cpuMs()
  }

  #find(): LeftBehind | Promise<LeftBehind> {
    const usage = { cpuMs: cpuMs() - this.#cpuBefore, memoryPeakBytes: resourceUsage().maxRSS * 1024 }
    const first = this.#look()
    return isNothing(first) ? this.#tell(first, usage) : this.#settle(first).then((look) => this.#tell(look, usage))
  }

  async #settle(first: Look): Promise<Look> {
    let newest = first
    for (const grace of graces) {
      await new Promise((resolve) => setTimeout(resolve, grace))
      newest = this.#look()
      if (isNothing(newest)) break
    }
    return newest
  }

  #look(): Look {
    const self = selfPid()
    const others = hasOwnPids() ? pids().filter((pid) => pid !== self && !this.#ours.has(pid)) : []
    const newer = others.filter((pid) => !isOfOlder(pid, this.#olderPids, self))
    return { processes: running(newer), ports: heldPorts<number | 'self'>(['self', ...newer], this.#olderSockets) }
  }

  #tell({ processes, ports }: Look, usage: Pick<LeftBehind, 'cpuMs' | 'memoryPeakBytes'>): LeftBehind {
    const left = processes.map((stat) => ({
      pid: stat.pid,
      command: commandOf(stat.pid),
      ...named(this.#starts.ofProcess(stat, processStat)),
    }))
    for (const { socket } of ports) this.#olderSockets.add(socket.inode)
    const open = ports.map(({ socket, by }): OpenPort => {
      const own = by === 'self'
      const test = own ? this.#starts.ofPort(socket) : left.find(({ pid }) => pid === by)?.test
      return { protocol: socket.protocol, port: socket.port, by: by === 'self' ? 'worker' : by, ...named(test) }
    })
    // One program may have a socket for each version of IP.
    const once = open.filter((one, index) => open.findIndex((other) => samePort(one, other)) === index)
    return { processes: hasOwnPids() ? left : null, ports: once, ...usage }
  }
}

function isNothing({ processes, ports }: Look): boolean {
  return processes.length === 0 && ports.length === 0
}

/** Its parent is the sandbox's init. */
function hasOwnPids(): boolean {
  return getppid() === 1
}

function named(test: string | undefined): { test?: string } {
  return test === undefined ? {} : { test }
}

function samePort(a: OpenPort, b: OpenPort): boolean {
  return a.protocol === b.protocol && a.port === b.port && a.by === b.by
}

function cpuMs(): number {
  const { userCPUTime, systemCPUTime } = resourceUsage()
  return (userCPUTime + systemCPUTime) / 1000
}
