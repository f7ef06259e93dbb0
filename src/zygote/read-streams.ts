// Files that the payload reads from as a standard stream. Whoever holds such a descriptor may open its file
// again, for writing too (proc_pid_fd(5)), and through the host's mount, which is not read-only. So the
// payload gets the file through the sandbox's own mount. From a directory all of its mount can be reached.

import { fstatSync, openSync, readlinkSync, type Stats, statSync } from 'node:fs'
import { NsboxError } from '../errors.ts'
import { close, duplicate, duplicateTo, isReadOnly, openPath, position, seek } from '../sys/descriptor.ts'

interface ReadStream {
  fd: number
  /** The same file by the sandbox's mount. */
  held: number
}

export class ReadStreams {
  readonly #held: ReadStream[]
  /** The caller's descriptor and the payload's: their positions are two. */
  readonly #pairs: { theirs: number; own: number }[] = []

  /** Before anything is mounted: what is mounted hides names. @throws NsboxError for a directory */
  constructor(streams: readonly number[]) {
    const directory = streams.find(isDirectory)
    if (directory !== undefined) {
      const what = directory <= 2 ? 'A standard stream' : `Descriptor ${directory}, which the command line names,`
      const message = `${what} is a directory, and through it the program could reach the host's files`
      throw new NsboxError(message, { code: 'ERR_NSBOX_STREAM', stage: 'seal' })
    }
    this.#held = [...new Set(streams)].flatMap((fd) => {
      const held = isReadOnly(fd) && kindOf(fd)?.isFile() ? holdAgain(fd) : undefined
      return held === undefined ? [] : [{ fd, held }]
    })
  }

  /** Once the tree is read-only. */
  reopen(): void {
    for (const { fd, held } of this.#held) {
      const own = openSync(`/proc/self/fd/${held}`, 'r')
      close(held)
      seek(own, position(fd))
      this.#pairs.push({ theirs: duplicate(fd), own })
      duplicateTo(own, fd)
    }
  }

  /** In the payload. */
  close(): void {
    for (const fd of this.#pairs.flatMap(({ theirs, own }) => [theirs, own])) close(fd)
  }

  /** What the payload has read, the next command of the caller's has not before it: `{ nsbox run …; cat; } < file`. */
  giveBack(): void {
    for (const { theirs, own } of this.#pairs) seek(theirs, position(own))
  }
}

function isDirectory(fd: number): boolean {
  return kindOf(fd)?.isDirectory() ?? false
}

/** Undefined for a stream that is closed. */
function kindOf(fd: number): Stats | undefined {
  try {
    return fstatSync(fd)
  } catch {
    return undefined
  }
}

/** By its name, when that still leads to it and the caller may read it there. */
function holdAgain(fd: number): number | undefined {
  let held: number | undefined
  try {
    held = openPath(readlinkSync(`/proc/self/fd/${fd}`))
    const [there, here] = [statSync(`/proc/self/fd/${held}`), fstatSync(fd)]
    close(openSync(`/proc/self/fd/${held}`, 'r'))
    if (there.dev === here.dev && there.ino === here.ino) return held
  } catch {
    // It was removed, or the caller got it from somebody who may do more.
  }
  if (held !== undefined) close(held)
  return undefined
}
