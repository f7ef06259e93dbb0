// Kernel, /proc, node, vitest and koffi: what nsbox stands on.

import { spawn } from 'node:child_process'
import { readFileSync, readlinkSync } from 'node:fs'
import { createRequire } from 'node:module'
import { release } from 'node:os'
import { join } from 'node:path'
import { outcomeOf } from '../host/outcome.ts'
import type { Place } from '../host/place.ts'
import { mountOwnProc } from '../host/remedies/containers.ts'
import { updateKernel } from '../host/remedies/file-systems.ts'
import { installNode, installVitest, reinstallKoffi } from '../host/remedies/software.ts'
import { supported } from '../host/supported.ts'
import { isBefore, satisfies } from '../host/version-range.ts'
import { quoted } from '../quoted.ts'
import { isSupportedArch } from '../sys/syscall-numbers.ts'
import { type Check, fail, pass, warn } from './check.ts'

const own = createRequire(import.meta.url)

export function checkPlatform(place: Place): Check {
  const detail = `${process.platform === 'linux' ? 'Linux' : process.platform} ${release()} on ${process.arch}`
  if (process.platform === 'linux' && isSupportedArch(process.arch) && place !== 'wsl1') return pass('platform', detail)
  return fail('platform', detail, updateKernel(place, 'nsbox runs on Linux on x64 and arm64'))
}

export function checkNode(): Check {
  const { version } = process
  const range = supported().node
  if (satisfies(version, range)) return pass('node', version)
  const detail = `${version} is outside of ${range}`
  if (isBefore(version, range)) return fail('node', detail, installNode(range))
  return warn('node', detail, 'nobody has tried it: the self-check shows whether sandboxes start', installNode(range))
}

/** `/proc` of another pid namespace, as after unshare(1) without --mount-proc: nothing finds itself there. */
export function checkProc(): Check {
  const shown = readlinkSync('/proc/self')
  if (shown === String(process.pid)) return pass('/proc', 'of this pid namespace')
  return fail('/proc', `this process is ${process.pid}, and /proc/self is ${shown || 'nobody'}`, mountOwnProc())
}

/** What `cwd` would import. */
export function checkVitest(cwd: string): Check {
  const range = supported().vitest
  const found = vitestVersion(cwd)
  if (found !== undefined && satisfies(found, range)) return pass('vitest', quoted(found))
  const detail = found === undefined ? 'not found from this directory' : `${quoted(found)} is outside of ${range}`
  return warn('vitest', detail, 'no test file can be run by nsbox here', installVitest(found, range))
}

function vitestVersion(cwd: string): string | undefined {
  try {
    const manifest = createRequire(join(cwd, 'package.json')).resolve('vitest/package.json')
    return (JSON.parse(readFileSync(manifest, 'utf8')) as { version: string }).version
  } catch {
    return undefined
  }
}

const callKernel = `
const koffi = require(process.argv[1])
const getpid = koffi.load(null).func('int getpid()')
if (getpid() !== process.pid) throw new Error('getpid() answered ' + getpid())
console.log(koffi.version ?? '')
`

/** In a child: a binary for another machine can end its process. */
export async function checkKoffi(): Promise<Check> {
  const resolved = resolveKoffi()
  if (resolved instanceof Error) return fail('koffi', firstLine(resolved.message), reinstallKoffi())
  const child = spawn(process.execPath, ['--eval', callKernel, resolved], { stdio: ['ignore', 'pipe', 'pipe'] })
  const { ok, isLate, stdout, said } = await outcomeOf(child)
  return ok ? pass('koffi', `${stdout.trim()} calls the kernel`) : fail('koffi', said, isLate ? undefined : reinstallKoffi())
}

function resolveKoffi(): string | Error {
  try {
    return own.resolve('koffi')
  } catch (error) {
    return error as Error
  }
}

function firstLine(text: string): string {
  return text.split('\n')[0] ?? text
}
