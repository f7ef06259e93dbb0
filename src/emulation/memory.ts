// How much memory the processes of a sandbox hold together, in bytes.

import { readSmall } from '../sys/small-file.ts'
import type { OwnTmpfs } from './tmpfs.ts'
import type { UnmappedMemory } from './unmapped.ts'

const pageSize = 4096

/** With so much more than at the last close look, it is time for another. */
const grown = 1.05

export interface Seen {
  bytes: number
  /** Only the resident sizes were summed up, where pages that processes share count for each: no more than this is held. */
  atMost: boolean
}

/**
 * What is looked at is resident memory, files in memory, memfds and shared memory of System V. What is not: memory of the kernel's own for
 * the sandbox, such as full pipes, and memfds that nobody has mapped and no process shows among its descriptors, such as one on its way
 * through a socket.
 */
export class Memory {
  readonly #tmpfs: OwnTmpfs
  readonly #unmapped: UnmappedMemory
  /** The sum of resident sizes above which a closer look is worth it. */
  #enough = 0

  constructor(tmpfs: OwnTmpfs, unmapped: UnmappedMemory) {
    this.#tmpfs = tmpfs
    this.#unmapped = unmapped
  }

  /** Looks closer, which costs ten times as much, where the resident sizes alone exceed the cap or have grown. */
  look(pids: readonly number[], cap: number): Seen {
    const own = this.#tmpfs.bytes
    const unmapped = this.#unmapped.look(pids, own, cap)
    const files = own + unmapped.bytes
    const resident = files + sum(pids.map(residentOf))
    if (resident <= Math.min(cap, this.#enough)) return { bytes: resident, atMost: true }
    this.#enough = resident * grown
    const shares = pids.map(shareOf)
    const [all, shared] = [sum(shares.map(({ all }) => all)), sum(shares.map(({ shared }) => shared))]
    // Mapped pages of files in memory are files that are held, or memory that processes share: which, only the mappings tell.
    if (shared === 0) return { bytes: all + files, atMost: false }
    const isCounted = (kind: string, inode: string) =>
      kind === 'SYSV' ? this.#unmapped.countsSystemV : kind === 'memfd:' && unmapped.memfds.has(inode)
    const nameless = sum(pids.map((pid, index) => (shares[index]?.shared ? namelessOf(pid, isCounted) : 0)))
    return { bytes: all - shared + files + Math.min(shared, nameless), atMost: false }
  }
}

/** proc_pid_statm(5): the second number, in pages. */
function residentOf(pid: number): number {
  return Number(readSmall(`/proc/${pid}/statm`).split(' ', 2)[1] ?? 0) * pageSize
}

interface Share {
  /** Its own pages, and its part of those that it shares (proc_pid_smaps(5), Pss). */
  all: number
  /** What of that lies in files in memory. */
  shared: number
}

/** Who has made himself non-dumpable, or another uid, does not show his mappings (ptrace(2)): all that he shares is taken for his. */
function shareOf(pid: number): Share {
  const text = readSmall(`/proc/${pid}/smaps_rollup`)
  if (text === '') return { all: residentOf(pid), shared: 0 }
  return { all: field(text, '\nPss:'), shared: field(text, '\nPss_Shmem:') }
}

function field(text: string, name: string): number {
  const at = text.indexOf(name)
  return at === -1 ? 0 : Number.parseInt(text.slice(at + name.length), 10) * 1024
}

/** Memory that was mapped as shared, or is a memfd or of System V, has no file in the sandbox's tree. */
function namelessOf(pid: number, isCounted: (kind: string, inode: string) => boolean): number {
  let [bytes, counts] = [0, false]
  for (const line of readSmall(`/proc/${pid}/smaps`).split('\n')) {
    if (/^[0-9a-f]+-/.test(line)) {
      const [, inode = '', kind] = /(\d+) +\/(dev\/zero \(deleted\)|memfd:|SYSV)/.exec(line) ?? []
      counts = kind !== undefined && !isCounted(kind, inode)
    } else if (counts && line.startsWith('Pss:')) bytes += Number.parseInt(line.slice(4), 10) * 1024
  }
  return bytes
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((a, b) => a + b, 0)
}
