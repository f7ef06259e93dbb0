// Memory that a sandbox holds without mapping it: files of memfd_create(2), and shared memory of System V.

import { readdirSync, readlinkSync, statSync } from 'node:fs'
import { machineSharedMemory, segmentMemory } from '../sys/shared-memory.ts'

export interface Unmapped {
  /** All pages of them, mapped ones too. */
  bytes: number
  /** Inodes of the memfds among them. */
  memfds: ReadonlyMap<string, number>
}

/** Looks that may pass without one at descriptors. */
const often = 32
/** The part of a cap by which memory may change before descriptors are looked at again. */
const part = 1 / 32

/**
 * Looking at all descriptors of all processes takes longer than all else. So it is done when the shared memory of the whole machine has
 * changed (sysinfo(2), sharedram), of which memfds are a part; and now and then, because what others free hides what is taken.
 */
export class UnmappedMemory {
  readonly #ownIpc: boolean
  /** What init was given from outside. */
  readonly #given: ReadonlySet<string> = new Set(memfdsOf('self').keys())
  #memfds: ReadonlyMap<string, number> = new Map()
  /** What the machine's shared memory has been since the last look at descriptors. */
  #range = { least: Infinity, most: -Infinity }
  #looks = 0

  constructor(ownIpc: boolean) {
    this.#ownIpc = ownIpc
  }

  /** Where the sandbox has the segments of System V to itself, they are counted here. */
  get countsSystemV(): boolean {
    return this.#ownIpc
  }

  /** `files` are the bytes that its own file systems have in memory. */
  look(pids: readonly number[], files: number, cap: number): Unmapped {
    const segments = this.#ownIpc ? segmentMemory() : 0
    const shared = machineSharedMemory() - files - segments
    this.#range = { least: Math.min(this.#range.least, shared), most: Math.max(this.#range.most, shared) }
    const isStale = this.#range.most - this.#range.least >= cap * part || ++this.#looks >= often
    const seen = () => ({ bytes: segments + sum(this.#memfds.values()), memfds: this.#memfds })
    if (!isStale && seen().bytes + files <= cap) return seen()
    this.#memfds = this.#scan(pids)
    this.#range = { least: shared, most: shared }
    this.#looks = 0
    return seen()
  }

  #scan(pids: readonly number[]): ReadonlyMap<string, number> {
    const found = new Map<string, number>()
    for (const pid of pids) for (const [inode, bytes] of memfdsOf(pid)) if (!this.#given.has(inode)) found.set(inode, bytes)
    return found
  }
}

/** By inode, the bytes of each memfd that a process has open. Of one that hides from its init nothing is seen. */
function memfdsOf(pid: number | 'self'): Map<string, number> {
  const found = new Map<string, number>()
  const directory = `/proc/${pid}/fd`
  for (const name of descriptorsOf(directory)) {
    try {
      if (!readlinkSync(`${directory}/${name}`).startsWith('/memfd:')) continue
      const { ino, blocks } = statSync(`${directory}/${name}`, { bigint: true })
      found.set(String(ino), Number(blocks) * 512)
    } catch {
      // It was closed meanwhile.
    }
  }
  return found
}

function descriptorsOf(directory: string): string[] {
  try {
    return readdirSync(directory)
  } catch {
    return []
  }
}

function sum(numbers: Iterable<number>): number {
  let all = 0
  for (const number of numbers) all += number
  return all
}
