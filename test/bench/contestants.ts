// What is measured side by side: each starts one program in a sandbox of its kind.

import { spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { createSandbox as CreateSandbox } from '../../src/index.ts'
import { benchEnvironment } from './command.ts'
import { repository } from './report.ts'

export interface Contestant {
  name: string
  /** Runs the program to its end. @throws when that fails */
  run(command: readonly string[]): Promise<void>
  close?(): Promise<void>
}

/** What can be had here, and why the others cannot. */
export interface Field {
  contestants: Contestant[]
  missing: string[]
}

const cli = join(repository, 'dist/cli.cjs')
/** As users have it: built. */
export const createSandbox: typeof CreateSandbox = (await import(join(repository, 'dist/index.js'))).createSandbox
const namespaces = ['--user', '--map-root-user', '--mount', '--pid', '--fork', '--net', '--ipc', '--uts', '--cgroup']

export async function field(cwd: string, bwrap = 'bwrap'): Promise<Field> {
  const command = (name: string, prefix: string[]): Contestant => ({ name, run: (words) => exec([...prefix, ...words], cwd) })
  const bundle = crunBundle()
  const candidates: Contestant[] = [
    command('unshare, 7 namespaces', ['unshare', ...namespaces]),
    command(`bubblewrap${hasOverlay(bwrap) ? ', with its overlay' : ' (no overlay in this version)'}`, [bwrap, ...bwrapWords(bwrap, cwd)]),
    { name: 'crun', run: (words) => crun(bundle, words, cwd) },
  ]
  const contestants = [command('the program alone', []), command('nsbox run', [cli, 'run', '--']), await warm()]
  const missing: string[] = []
  for (const candidate of candidates) {
    const reason = await candidate.run(['/bin/true']).catch((error: Error) => error)
    if (reason === undefined) contestants.push(candidate)
    else missing.push(`${candidate.name}: ${reason.message}`)
  }
  return { contestants, missing }
}

async function warm(): Promise<Contestant> {
  const sandbox = await createSandbox()
  return {
    name: 'nsbox, a warm createSandbox()',
    run: async (words) => {
      const { exitCode, error } = await sandbox.exec(words, { stdout: 'ignore', stderr: 'ignore' })
      if (exitCode !== 0) throw new Error(error?.message ?? `exit code ${exitCode}`)
    },
    close: () => sandbox.close(),
  }
}

function bwrapWords(bwrap: string, cwd: string): string[] {
  const overlay = hasOverlay(bwrap) ? ['--overlay-src', cwd, '--tmp-overlay', cwd] : ['--bind', cwd, cwd]
  return [
    '--unshare-all',
    '--die-with-parent',
    '--ro-bind',
    '/',
    '/',
    '--tmpfs',
    '/var/tmp',
    ...overlay,
    '--dev',
    '/dev',
    '--proc',
    '/proc',
    '--',
  ]
}

function hasOverlay(bwrap: string): boolean {
  return spawnSync(bwrap, ['--help'], { encoding: 'utf8' }).stdout?.includes('--tmp-overlay') ?? false
}

/** A bundle over the host's root, as `crun spec --rootless` makes it. */
function crunBundle(): string {
  const bundle = mkdtempSync(join(tmpdir(), 'nsbox-bench-crun-'))
  spawnSync('crun', ['spec', '--rootless'], { cwd: bundle })
  return bundle
}

let containers = 0

function crun(bundle: string, words: readonly string[], cwd: string): Promise<void> {
  const file = join(bundle, 'config.json')
  const spec = JSON.parse(spawnSync('cat', [file], { encoding: 'utf8' }).stdout || '{}')
  if (!spec.process) return Promise.reject(new Error('crun spec made no bundle'))
  spec.process = { ...spec.process, terminal: false, args: words, cwd: '/' }
  spec.root = { path: '/', readonly: true }
  writeFileSync(file, JSON.stringify(spec))
  return exec(['crun', '--root', join(bundle, 'state'), 'run', '--bundle', bundle, `nsbox-bench-${containers++}`], cwd)
}

function exec([file = '', ...words]: readonly string[], cwd: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(file, words, { cwd, env: benchEnvironment(repository), stdio: ['ignore', 'ignore', 'pipe'] })
    let said = ''
    child.stderr.on('data', (chunk: Buffer) => {
      said += chunk
    })
    child.on('error', reject)
    child.on('exit', (code) => (code === 0 ? resolve() : reject(new Error(said.trim().split('\n')[0] || `exit code ${code}`))))
  })
}
