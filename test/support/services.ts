// A real PostgreSQL and a real Redis on a free port of localhost, in a throwaway directory.

import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { accessSync, chownSync, constants, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { promisify } from 'node:util'

const execute = promisify(execFile)

/** PostgreSQL's server refuses to be root's. */
const user: { uid?: number; gid?: number } = process.getuid?.() === 0 ? nobody() : {}

/** Debian has PostgreSQL's programs in a directory for each version. */
const directories = ['/usr/bin', '/usr/local/bin', ...(process.env['PATH'] ?? '').split(delimiter), ...postgresqlDirectories()]

/** Undefined where there is no such program. */
function find(program: string): string | undefined {
  return directories.map((directory) => join(directory, program)).find(isExecutable)
}

/** Of these programs, those that are not here, in words; undefined when all are. */
export function missingPrograms(names: readonly string[]): string | undefined {
  const missing = names.filter((name) => find(name) === undefined)
  return missing.length > 0 ? `needs ${missing.join(', ')}: apt-get install postgresql redis-server` : undefined
}

abstract class Service {
  readonly port: number
  readonly directory: string = mkdtempSync(join(tmpdir(), 'nsbox-service-'))
  #process: ChildProcess | undefined
  #said = ''

  constructor(port: number) {
    this.port = port
    if (user.uid !== undefined && user.gid !== undefined) chownSync(this.directory, user.uid, user.gid)
  }

  protected abstract readonly command: readonly string[]
  /** Succeeds once it answers. */
  protected abstract readonly question: readonly string[]

  async start(): Promise<void> {
    const [file = '', ...args] = this.command
    const child = spawn(path(file), args, { ...user, cwd: this.directory, stdio: ['ignore', 'pipe', 'pipe'] })
    this.#process = child
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (chunk) => {
        this.#said += chunk
      })
    }
    while (!(await this.#answers())) {
      if (child.exitCode !== null || child.signalCode !== null) throw new Error(`${file} ended: ${this.#said}`)
    }
  }

  /** Connections end with it. */
  async stop(): Promise<void> {
    const child = this.#process
    if (!child || child.exitCode !== null || child.signalCode !== null) return
    // To PostgreSQL this is a fast shutdown, which waits for no client.
    child.kill('SIGINT')
    await once(child, 'close')
  }

  async remove(): Promise<void> {
    await this.stop()
    rmSync(this.directory, { recursive: true, force: true })
  }

  async #answers(): Promise<boolean> {
    const [file = '', ...args] = this.question
    return execute(path(file), args).then(
      () => true,
      () => false,
    )
  }
}

export class Redis extends Service {
  protected readonly command: readonly string[] = ['redis-server', '--port', `${this.port}`, '--bind', '127.0.0.1', '--save', '']
  protected readonly question: readonly string[] = ['redis-cli', '-e', '-p', `${this.port}`, 'ping']

  async ask(...words: string[]): Promise<string> {
    return (await execute(path('redis-cli'), ['-e', '-p', `${this.port}`, ...words])).stdout.trim()
  }
}

export class Postgres extends Service {
  protected readonly command: readonly string[] = [
    'postgres',
    ...['-D', this.#data, '-p', `${this.port}`],
    ...['listen_addresses=127.0.0.1', 'unix_socket_directories=', 'fsync=off'].flatMap((setting) => ['-c', setting]),
  ]
  protected readonly question: readonly string[] = ['psql', '-h', '127.0.0.1', '-p', `${this.port}`, '-U', 'postgres', '-c', 'select 1']

  get #data(): string {
    return join(this.directory, 'data')
  }

  override async start(): Promise<void> {
    if (!isExecutable(join(this.#data, 'PG_VERSION'), constants.F_OK)) await this.#initialise()
    await super.start()
  }

  async #initialise(): Promise<void> {
    const options = ['-U', 'postgres', '-A', 'trust', '-E', 'UTF8', '--locale=C', '--no-sync']
    await execute(path('initdb'), ['-D', this.#data, ...options], { ...user, cwd: this.directory })
  }
}

function path(program: string): string {
  return find(program) ?? program
}

function postgresqlDirectories(): string[] {
  try {
    return readdirSync('/usr/lib/postgresql').map((version) => `/usr/lib/postgresql/${version}/bin`)
  } catch {
    return []
  }
}

function isExecutable(file: string, mode: number = constants.X_OK): boolean {
  try {
    accessSync(file, mode)
    return true
  } catch {
    return false
  }
}

function nobody(): { uid: number; gid: number } {
  const [, , uid, gid] = /^nobody:.*$/m.exec(readFileSync('/etc/passwd', 'utf8'))?.[0].split(':') ?? []
  return { uid: Number(uid), gid: Number(gid) }
}
