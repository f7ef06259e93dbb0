// Host side: processes and ports of a sandbox, whatever its worker says of them.

import { childrenOf, descendants } from '../src/sys/descendants.ts'
import { isOwnProc } from '../src/sys/own-proc.ts'
import { bothLeft, type LeftAlive } from './file-report.ts'
import type { LeftProcess, OpenPort } from './left-behind.ts'
import { commandOf, graces, type HeldPort, heldPorts, innerPid, isOfOlder, lasting } from './procfs.ts'

interface Look {
  pids: number[]
  ports: HeldPort<number>[]
}

export class OutsideLook {
  /** The sandbox's first process, which inherits every orphan: all others are below it (pid_namespaces(7)). */
  readonly #init: number
  /** The first process that init started. */
  #worker: number | undefined
  /** What was there before the first file. */
  #ours: ReadonlySet<number> | undefined
  /** What earlier files have left. */
  #olderPids: ReadonlySet<number> = new Set()
  #olderSockets: ReadonlySet<string> = new Set()

  private constructor(init: number) {
    this.#init = init
  }

  /** `init` is the pid of the sandbox's init. Undefined where the host's /proc does not show it. */
  static at(init: number | undefined): OutsideLook | undefined {
    return init !== undefined && isOwnProc(process.pid) ? new OutsideLook(init) : undefined
  }

  /** A file is about to run: what is there now is not the file's. */
  begin(): void {
    this.#worker ??= childrenOf(this.#init)[0]
    const pids = this.#pids()
    this.#ours ??= new Set(pids)
    this.#olderPids = lasting(pids, this.#ours)
    this.#olderSockets = new Set(heldPorts(pids, new Set(), this.#worker).map(({ socket }) => socket.inode))
  }

  /** With `told`, what the worker has told. Takes time only where that lacks something: what is about to end has the time that it has inside. */
  look(told: LeftAlive): LeftAlive | Promise<LeftAlive> {
    const first = this.#look(told)
    return isNothing(first) ? told : this.#settle(told, first)
  }

  async #settle(told: LeftAlive, first: Look): Promise<LeftAlive> {
    let newest = first
    for (const grace of graces) {
      await new Promise((resolve) => setTimeout(resolve, grace))
      newest = this.#look(told)
      if (isNothing(newest)) break
    }
    return bothLeft(told, {
      processes: newest.pids.map((pid): LeftProcess => ({ pid: this.#inside(pid), command: commandOf(pid) })),
      ports: newest.ports.map(
        ({ socket: { protocol, port }, by }): OpenPort => ({ protocol, port, by: by === this.#worker ? 'worker' : this.#inside(by) }),
      ),
    })
  }

  #look({ processes, ports }: LeftAlive): Look {
    const all = this.#pids()
    const known = new Set(processes?.map(({ pid }) => pid))
    const newer = all.filter((pid) => this.#worker === undefined || !isOfOlder(pid, this.#olderPids, this.#worker))
    return {
      pids: [...lasting(newer, this.#ours ?? new Set())].filter((pid) => !known.has(this.#inside(pid))),
      ports: heldPorts(newer, this.#olderSockets, this.#worker).filter(
        ({ socket }) => !ports?.some(({ protocol, port }) => protocol === socket.protocol && port === socket.port),
      ),
    }
  }

  /** Twice: one whose parent ends between two reads has moved to init, and is in neither. */
  #pids(): number[] {
    return [...new Set([...descendants(this.#init), ...descendants(this.#init)])]
  }

  #inside(pid: number): number {
    return innerPid(pid) ?? pid
  }
}

function isNothing({ pids, ports }: Look): boolean {
  return pids.length === 0 && ports.length === 0
}
