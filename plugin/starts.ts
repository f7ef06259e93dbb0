// Inside: which test started a process, or opened a port. Costs nothing until one does.

import type { ChildProcess } from 'node:child_process'
import type { Socket as DatagramSocket } from 'node:dgram'
import { subscribe } from 'node:diagnostics_channel'
import type { Server } from 'node:net'
import { Math, Number, now, WeakRef } from '../src/untouched.ts'
import { type ProcessStat, type Socket, sinceBoot, tick } from './procfs.ts'
import { type Task, testName } from './test-watch.ts'

/** What vitest notes of its tasks. */
interface TimedTask extends Omit<Task, 'result'> {
  /** When, by the time of day, and for how long, in milliseconds. */
  result?: { startTime?: number; duration?: number }
  tasks?: TimedTask[]
}

interface Start<T extends object> {
  /** Nothing is kept that nobody else keeps. */
  what: WeakRef<T>
  test: string | undefined
}

export class Starts {
  #state: { current?: Task | undefined } | undefined
  #file: TimedTask | undefined
  #processes: Start<ChildProcess>[] = []
  #servers: Start<Server>[] = []
  #datagrams: Start<DatagramSocket>[] = []

  constructor() {
    subscribe('child_process', (message) => this.#processes.push(this.#start((message as { process: ChildProcess }).process)))
    subscribe('tracing:net.server.listen:asyncStart', (message) => this.#servers.push(this.#start((message as { server: Server }).server)))
    subscribe('udp.socket', (message) => this.#datagrams.push(this.#start((message as { socket: DatagramSocket }).socket)))
  }

  /** vitest notes in the state of its worker what it runs. */
  watch(state: object): void {
    this.#state = state
  }

  /** `file` is vitest's own task, which gets its tests and their times. */
  begin(file: object): void {
    this.#file = file as TimedTask
    this.#processes = []
    this.#servers = []
    this.#datagrams = []
  }

  /** Of a child by what node told of it, else by the nearest of those above; by its age where it has another parent now. */
  ofProcess(stat: ProcessStat, above: (pid: number) => ProcessStat | undefined): string | undefined {
    for (let one: ProcessStat | undefined = stat; one && one.pid > 1; one = above(one.ppid)) {
      const { pid } = one
      const start = this.#processes.find(({ what }) => what.deref()?.pid === pid)
      if (start) return start.test
    }
    const startedMs = bootTime() + stat.startedMs
    return this.#file && longestWithin(this.#file, startedMs, startedMs + tick)
  }

  /** Of one that this process has. */
  ofPort({ protocol, port }: Socket): string | undefined {
    const of = ({ what }: Start<Server | DatagramSocket>) => portOf(what.deref()) === port
    return (protocol === 'tcp' ? this.#servers : this.#datagrams).findLast(of)?.test
  }

  #start<T extends object>(what: T): Start<T> {
    const current = this.#state?.current
    return { what: new WeakRef(what), test: current?.type === 'test' ? testName(current) : undefined }
  }
}

/** By the time of day, in milliseconds. Two clocks are read, and between them this process may wait for a processor: then once more. */
function bootTime(): number {
  for (;;) {
    const before = now()
    const boot = now() - sinceBoot()
    if (now() - before < tick) return boot
  }
}

/** The test that ran for most of this time. */
export function longestWithin(file: TimedTask, from: number, to: number): string | undefined {
  let longest = { lasted: -1, name: undefined as string | undefined }
  const visit = (task: TimedTask) => {
    const { startTime = Number.POSITIVE_INFINITY, duration = Number.POSITIVE_INFINITY } = task.result ?? {}
    const lasted = Math.min(to, startTime + duration) - Math.max(from, startTime)
    if (task.type === 'test' && lasted >= 0 && lasted > longest.lasted) longest = { lasted, name: testName(task) }
    for (const below of task.tasks ?? []) visit(below)
  }
  visit(file)
  return longest.name
}

function portOf(socket: Server | DatagramSocket | undefined): number | undefined {
  try {
    const address = socket?.address()
    return typeof address === 'object' ? address?.port : undefined
  } catch {
    return undefined // EBADF: closed, or never bound
  }
}
