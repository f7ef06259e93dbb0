// Runs one command of a benchmark to its end.

import { spawn } from 'node:child_process'
import { delimiter, dirname, join } from 'node:path'

export interface Finished {
  exitCode: number | null
  signal: string | null
  /** Wall time in seconds. */
  seconds: number
  /** What it wrote to stdout and stderr. */
  output: string
}

export interface CommandOptions {
  cwd: string
  /** In seconds. */
  timeout?: number
}

/** Variables of whoever started the benchmark that would change what is measured. */
const disturbing = ['NODE_EXTRA_CA_CERTS', 'NODE_OPTIONS', 'NODE_DEBUG', 'NODE_V8_COVERAGE', 'FORCE_COLOR', 'NO_COLOR']

/** The environment of everything that is measured: as npm would start it, and this node comes first. */
export function benchEnvironment(cwd: string): NodeJS.ProcessEnv {
  const path = [join(cwd, 'node_modules/.bin'), dirname(process.execPath), process.env['PATH']].join(delimiter)
  const env: NodeJS.ProcessEnv = { ...process.env, PATH: path }
  for (const name of disturbing) delete env[name]
  return env
}

export async function runCommand([file = '', ...words]: string[], { cwd, timeout = 0 }: CommandOptions): Promise<Finished> {
  const started = performance.now()
  const child = spawn(file, words, {
    cwd,
    env: benchEnvironment(cwd),
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: timeout * 1000,
    killSignal: 'SIGKILL',
  })
  let output = ''
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => {
      output += chunk
    })
  const { promise, resolve, reject } = Promise.withResolvers<Pick<Finished, 'exitCode' | 'signal'>>()
  child.on('error', reject)
  child.on('close', (exitCode, signal) => resolve({ exitCode, signal }))
  const end = await promise
  return { ...end, seconds: (performance.now() - started) / 1000, output }
}
