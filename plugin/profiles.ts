// Profiles that node writes when it leaves: they are collected from a directory of the host's.

import { copyFileSync, mkdirSync, readdirSync } from 'node:fs'
import { join, resolve } from 'node:path'

/** What node writes, the flag that asks for it, and the flag that says where. */
const kinds = [
  { name: 'cpu', flag: '--cpu-prof', directoryFlag: '--cpu-prof-dir' },
  { name: 'heap', flag: '--heap-prof', directoryFlag: '--heap-prof-dir' },
  { name: 'diagnostic', flag: '--diagnostic-dir', directoryFlag: '--diagnostic-dir' },
]

/** node writes these when it leaves in the ordinary way, and only a fresh node does. */
export function isProfiled(execArgv: readonly string[]): boolean {
  return kinds.some(({ flag }) => execArgv.some((word) => word.startsWith(flag)))
}

/** Of one worker: its flags, and where its profiles go in the end. */
export class ProfileCollection {
  readonly #execArgv: readonly string[]
  readonly #staging: string

  /** `staging` is a directory of the host's that the worker can write to. */
  constructor(execArgv: readonly string[], staging: string) {
    this.#execArgv = execArgv
    this.#staging = staging
    for (const { name } of this.#kinds()) mkdirSync(join(staging, name))
  }

  /** To come after the user's own flags: the last one counts. */
  flags(): string[] {
    return this.#kinds().map(({ name, directoryFlag }) => `${directoryFlag}=${join(this.#staging, name)}`)
  }

  /** Every worker has the same pid in its own namespace, so the names get the host's pid instead. */
  collect(hostPid: number): void {
    for (const { name, directoryFlag } of this.#kinds()) {
      const destination = resolve(this.#value(directoryFlag) ?? this.#value('--diagnostic-dir') ?? '.')
      mkdirSync(destination, { recursive: true })
      // A test may have put a link there, which would be followed on the host.
      for (const { name: file } of readdirSync(join(this.#staging, name), { withFileTypes: true }).filter((entry) => entry.isFile())) {
        const unique = file.replace(/^(\w+\.\d{8}\.\d{6})\.\d+\./, `$1.${hostPid}.`)
        copyFileSync(join(this.#staging, name, file), join(destination, unique))
      }
    }
  }

  #kinds(): typeof kinds {
    return kinds.filter(({ flag }) => this.#execArgv.some((word) => word === flag || word.startsWith(`${flag}=`)))
  }

  #value(flag: string): string | undefined {
    return this.#execArgv.findLast((word) => word.startsWith(`${flag}=`))?.slice(flag.length + 1)
  }
}
