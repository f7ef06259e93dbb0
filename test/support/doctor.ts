// Runs the real `nsbox doctor`, in situations that a test makes.

import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, type TestContext } from 'vitest'
import type { Check, Diagnosis } from '../../src/doctor/check.ts'
import { builtCommand } from './built-command.ts'
import { repository } from './sandbox.ts'

export interface DoctorRun {
  pid: number | undefined
  exitCode: number | null
  stdout: string
  stderr: string
}

export interface DoctorSituation {
  /** Words before the command, such as a program that makes the situation. */
  wrapper?: string[]
  env?: Record<string, string>
  cwd?: string
  /** The node to run it with. */
  node?: string
}

const path = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'

export async function runDoctor(
  args: string[],
  { wrapper = [], env = {}, cwd = repository, node = process.execPath }: DoctorSituation = {},
): Promise<DoctorRun> {
  const [program, ...words] = [...wrapper, node, builtCommand, 'doctor', ...args] as [string, ...string[]]
  const child = spawn(program, words, { cwd, env: { PATH: path, HOME: '/', ...env }, stdio: ['ignore', 'pipe', 'pipe'] })
  const texts = [child.stdout, child.stderr].map((stream) => {
    const chunks: Buffer[] = []
    stream.on('data', (chunk: Buffer) => chunks.push(chunk))
    return chunks
  })
  const [exitCode] = (await once(child, 'close')) as [number | null]
  const [stdout = '', stderr = ''] = texts.map((chunks) => Buffer.concat(chunks).toString())
  return { pid: child.pid, exitCode, stdout, stderr }
}

export interface DiagnosisRun extends Diagnosis {
  pid: number | undefined
  exitCode: number | null
  /** Names of the checks that ended so. */
  failed: string[]
  warned: string[]
  check(name: string): Check
}

export async function diagnose(situation: DoctorSituation = {}): Promise<DiagnosisRun> {
  return diagnosisOf(await runDoctor(['--json'], situation))
}

export function diagnosisOf({ pid, exitCode, stdout, stderr }: Omit<DoctorRun, 'pid'> & { pid?: number | undefined }): DiagnosisRun {
  if (stderr !== '' || !stdout.startsWith('{')) throw new Error(`The doctor said: ${stdout}${stderr}`)
  const diagnosis = JSON.parse(stdout) as Diagnosis
  const named = (status: Check['status']) => diagnosis.checks.filter((check) => check.status === status).map(({ name }) => name)
  const check = (name: string) => {
    const found = diagnosis.checks.find((candidate) => candidate.name === name)
    if (!found) throw new Error(`There is no check "${name}": ${stdout}`)
    return found
  }
  return { ...diagnosis, pid, exitCode, failed: named('fail'), warned: named('warn'), check }
}

/** Words that run a shell script, and then a command, in new namespaces with root's power in them. */
export function inNamespaces(flags: string[], script = ':'): string[] {
  return ['unshare', '--user', '--map-root-user', ...flags, '/bin/sh', '-c', `set -e; ${script}; exec "$@"`, 'situation']
}

/** The /proc is that of another pid namespace: the doctor tries nothing that needs a sandbox, which takes most of its time. */
export const inForeignProc: string[] = inNamespaces(['--pid', '--fork'])

const directories: string[] = []
afterAll(() => {
  for (const directory of directories) rmSync(directory, { recursive: true })
})

/** A directory from which a package called vitest, of this version, is found. */
export function withVitest(version: string): string {
  const directory = mkdtempSync(join(tmpdir(), 'doctor-vitest-'))
  directories.push(directory)
  chmodSync(directory, 0o755)
  mkdirSync(join(directory, 'node_modules/vitest'), { recursive: true })
  writeFileSync(join(directory, 'node_modules/vitest/package.json'), JSON.stringify({ name: 'vitest', version }))
  return directory
}

export function fixture(name: string): string {
  return fileURLToPath(new URL(`../fixtures/doctor/${name}`, import.meta.url))
}

/** The words that run a command as an ordinary user, for a test that root runs. */
export const asOrdinaryUser: string[] =
  process.getuid?.() === 0 ? ['setpriv', '--reuid', '65534', '--regid', '65534', '--clear-groups'] : []

/** Whether that user can read this clone: where root's tests run in a home of mode 750, it cannot. */
export function needsOrdinaryUser(context: TestContext): void {
  const [program = 'test', ...words] = [...asOrdinaryUser, 'test', '-r', builtCommand]
  needs(context, 'a clone that every user can read', spawnSync(program, words).status === 0)
}

/** Skips the test where the machine lacks a fact, and names it; NSBOX_TEST_REQUIRE=root makes it a failure. */
export function needs(context: TestContext, fact: string, present: boolean): void {
  if (present) return
  if (process.env['NSBOX_TEST_REQUIRE']?.split(',').includes(fact)) throw new Error(`This test needs ${fact}, which is missing here`)
  context.skip(`missing here: ${fact}`)
}

export const isRoot: boolean = process.getuid?.() === 0
