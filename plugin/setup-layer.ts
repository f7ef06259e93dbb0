// What the option setup writes, once before the first file: a layer under what each file writes.

import { existsSync, readdirSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { stripVTControlCharacters } from 'node:util'
import type { UpperLayer } from '../src/changes/changed.ts'
import { type About, keepLayers, missingError } from '../src/changes/keep.ts'
import { debug } from '../src/debug.ts'
import { configError, NsboxError } from '../src/errors.ts'
import { definedOnly } from '../src/launch/environment.ts'
import { type ThrowawayDirectory, throwawayDirectory } from '../src/launch/throwaway-directory.ts'
import type { ZygoteProcess } from '../src/launch/zygote-process.ts'
import { isWithin } from '../src/plan/paths.ts'
import { inQuotes, quoted, shellWord } from '../src/quoted.ts'
import type { SandboxEnd } from '../src/wire/protocol.ts'
import type { Workers } from './workers.ts'

const log = debug('plugin')

/** Of what a setup says, the newest that is shown when it fails, in characters. */
const outputKept = 64 * 1024

export interface SetupPlace {
  workers: Workers
  /** One that is prepared. */
  zygote: ZygoteProcess
  env: NodeJS.ProcessEnv
  /** Directory that it runs in. */
  root: string
}

export class SetupLayer {
  readonly #directory: ThrowawayDirectory
  /** Its layers: `upper` lies in a directory that goes with the run. */
  readonly kept: readonly UpperLayer[]
  /** Absolute paths of sockets and devices: they are in no layer. */
  readonly skipped: readonly string[]

  private constructor(directory: ThrowawayDirectory, written: readonly UpperLayer[], about: About) {
    this.#directory = directory
    const kept = join(directory.path, 'setup')
    log('setup: what it wrote is kept in %s', kept)
    const { skipped, missing } = keepLayers(written, kept, about)
    const error = missingError(missing, kept)
    if (error) throw error
    this.skipped = skipped
    const layers = written.map((layer, index) => ({ ...layer, upper: join(kept, String(index)) }))
    // What holds nothing would cost each overlay a layer.
    this.kept = layers.filter(({ upper }) => readdirSync(upper).length > 0)
  }

  /** @throws NsboxError ERR_NSBOX_SETUP, with what it said, when it fails */
  static async make(setup: string | string[], place: SetupPlace): Promise<SetupLayer> {
    const command = setupCommand(setup, place.root)
    const startedMs = Date.now()
    const directory = await throwawayDirectory('/var/tmp')
    try {
      return await afterwards(command, place, (written) => new SetupLayer(directory, written, { command, startedMs }))
    } catch (error) {
      directory.remove()
      throw error
    }
  }

  /** Directories by the overlay that they lie on. */
  get layers(): Record<string, string[]> {
    return Object.fromEntries(this.kept.map(({ target, upper }) => [target, [upper]]))
  }

  /** Where the host has a file that lies at `path` inside. Undefined for what setup did not write. */
  find(path: string): string | undefined {
    const layer = this.kept.filter(({ target }) => isWithin(path, target)).at(-1)
    const place = layer && join(layer.upper, path.slice(layer.target.length))
    return place !== undefined && existsSync(place) ? place : undefined
  }

  remove(): void {
    this.#directory.remove()
  }
}

/** A file of JavaScript or TypeScript is for node. @throws NsboxError ERR_NSBOX_CONFIG when there is no such file */
export function setupCommand(setup: string | string[], root: string): string[] {
  if (Array.isArray(setup)) return setup
  const file = resolve(root, setup)
  if (!existsSync(file)) {
    const why = `there is no ${quoted(file)}; it must be a file, or the words of a command: ${JSON.stringify(setup.split(' '))}`
    throw configError(`nsbox(): setup is ${inQuotes(setup)}: ${why}`)
  }
  return /\.[cm]?[jt]s$/.test(setup) ? [process.execPath, file] : [file]
}

/** Runs it. `keep` is given what it wrote, once it has ended well and before that is gone. */
function afterwards<T>(command: string[], { workers, zygote, env, root }: SetupPlace, keep: (written: UpperLayer[]) => T): Promise<T> {
  const payload = { kind: 'exec' as const, file: command[0] as string, argv: command, env: definedOnly(env) }
  // What a file may write at most is not said of setup.
  const { sandbox, ended, readUppers } = workers.launch(zygote, payload, { cwd: root, disk: undefined })
  let output = ''
  for (const stream of [sandbox.stdout, sandbox.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      log('setup: %s', text)
      output = (output + text).slice(-outputKept)
    })
  }
  return new Promise((resolve, reject) => {
    readUppers(async (written) => {
      const end = await ended
      if (end.exitCode !== 0) return reject(failure(command, end, output))
      try {
        resolve(keep(written))
      } catch (error) {
        reject(error)
      }
    })
  })
}

function failure(command: string[], { exitCode, signal, error }: SandboxEnd, output: string): NsboxError {
  const how = error && exitCode === null ? error.message : `it ended with ${signal ?? `exit code ${exitCode}`}`
  return new NsboxError(
    `setup failed: ${error?.code === 'ERR_NSBOX_EXEC' ? error.message : how}: ${command.map(shellWord).join(' ')}\n${stripVTControlCharacters(output).trimEnd()}`,
    {
      code: 'ERR_NSBOX_SETUP',
      stage: 'payload',
      hint: error?.hint,
    },
  )
}
