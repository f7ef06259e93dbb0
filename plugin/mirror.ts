// Snapshots outlive the sandbox: whatever vitest's snapshot code saves or removes inside is done to
// the host's file too, and the test waits until it is.

import { isAbsolute } from 'node:path'
import {
  closeSync,
  Error,
  existsSync,
  fstatSync,
  Map,
  Object,
  openSync,
  Promise,
  Proxy,
  Reflect,
  readSync,
  Symbol,
  Uint8Array,
} from '../src/untouched.ts'
import type { WorkerToHost } from './messages.ts'

interface SnapshotEnvironment {
  saveSnapshotFile(path: string, content: string): Promise<void>
  removeSnapshotFile(path: string): Promise<void>
}

type Change = keyof SnapshotEnvironment

export class Mirror {
  readonly #send: (message: WorkerToHost) => void
  readonly #waiting = new Map<number, PromiseWithResolvers<void>>()
  #nextId = 1

  constructor(send: (message: WorkerToHost) => void) {
    this.#send = send
  }

  /** Makes the host's file like this one. @throws when the host cannot or will not */
  async copy(path: string, name: Change): Promise<void> {
    // A custom environment may keep its snapshots elsewhere than in files.
    if (!isAbsolute(path) || existsSync(path) === (name === 'removeSnapshotFile')) return
    const id = this.#nextId++
    const answer = Promise.withResolvers<void>()
    this.#waiting.set(id, answer)
    this.#send({ nsbox: 'mirror', id, path, content: name === 'saveSnapshotFile' ? contentOf(path) : null })
    return answer.promise
  }

  settle({ id, error }: { id: number; error?: string }): void {
    const answer = this.#waiting.get(id)
    this.#waiting.delete(id)
    if (error === undefined) answer?.resolve()
    else answer?.reject(new Error(error))
  }
}

/** readFileSync calls other functions of node:fs and of Buffer, where tests may have mocked them. */
function contentOf(path: string): Uint8Array {
  const fd = openSync(path, 'r')
  try {
    const bytes = new Uint8Array(fstatSync(fd).size)
    let length = 0
    for (let got = -1; got !== 0 && length < bytes.length; length += got) got = readSync(fd, bytes, length, bytes.length - length, null)
    return new Uint8Array(bytes.buffer, 0, length)
  } finally {
    closeSync(fd)
  }
}

const mirrored = Symbol('nsbox.mirrored')

/** vitest resolves the environment late, by assigning it: this waits for the assignment. */
export function mirrorSnapshots(options: object, mirror: Mirror): void {
  const target = options as { snapshotEnvironment?: SnapshotEnvironment; [mirrored]?: true }
  if (target[mirrored]) return
  let current = target.snapshotEnvironment
  Object.defineProperty(target, mirrored, { value: true })
  Object.defineProperty(target, 'snapshotEnvironment', {
    configurable: true,
    enumerable: true,
    get: () => current,
    set: (environment: SnapshotEnvironment) => {
      current = mirroring(environment, mirror)
    },
  })
}

function mirroring(environment: SnapshotEnvironment, mirror: Mirror): SnapshotEnvironment {
  return new Proxy(environment, {
    get(target, name) {
      const member: unknown = Reflect.get(target, name, target)
      if (typeof member !== 'function') return member
      if (name !== 'saveSnapshotFile' && name !== 'removeSnapshotFile') return member.bind(target)
      return async (path: string, ...rest: unknown[]) => {
        await Reflect.apply(member, target, [path, ...rest])
        await mirror.copy(path, name)
      }
    },
  })
}
