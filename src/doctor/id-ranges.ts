// Whether a user namespace can have more than the caller's own uid: newuidmap(1) tries it.

import { spawn } from 'node:child_process'
import { accessSync, constants, readFileSync } from 'node:fs'
import { userInfo } from 'node:os'
import { delimiter, join } from 'node:path'
import { describeError } from '../errors.ts'
import { type Outcome, outcomeOf } from '../host/outcome.ts'
import { addRanges, installNewuidmap, makeSetuid } from '../host/remedies/ids.ts'
import type { Remedy } from '../host/remedies/remedy.ts'
import type { Attempts } from './attempts.ts'
import { type Check, pass, warn } from './check.ts'
import { type SubordinateRange, subordinateRange } from './subordinate-ids.ts'

const name = 'uid ranges'
const effect = 'only your own uid and gid exist in a sandbox: files of others are shown as of nobody, and programs cannot change users'

/** `mapsAll`: the caller is root and maps its ids itself. */
export async function checkIdRanges(attempts: Attempts, mapsAll: boolean, env: NodeJS.ProcessEnv): Promise<Check> {
  if (mapsAll) return pass(name, 'root maps its own')
  const refuse = (detail: string, remedy: Remedy | undefined) => warn(name, detail, effect, remedy)
  const programs = ['newuidmap', 'newgidmap'].map((program) => findProgram(program, env['PATH']))
  const [uidProgram, gidProgram] = programs
  if (!uidProgram || !gidProgram) return refuse('newuidmap or newgidmap is not in PATH', installNewuidmap())
  const { username, uid, gid } = whoAmI()
  const [uids, gids] = ['/etc/subuid', '/etc/subgid'].map((file) => subordinateRange(read(file), username, uid))
  if (!uids || !gids) return refuse(`no line for ${username} in /etc/subuid or /etc/subgid`, addRanges(username))
  const failure = await mapFailure(attempts, [words(uidProgram, uid, uids), words(gidProgram, gid, gids)])
  if (failure) return refuse(failure.said, failure.isLate ? undefined : makeSetuid([uidProgram, gidProgram]))
  return pass(name, `${uids.count} ids from ${uids.first}, mapped by newuidmap`)
}

/** A uid may have no line in /etc/passwd, as in a container that was started with --user. */
function whoAmI(): { username: string; uid: number; gid: number } {
  try {
    return userInfo()
  } catch {
    const [uid = 0, gid = 0] = [process.getuid?.(), process.getgid?.()]
    return { username: String(uid), uid, gid }
  }
}

type Words = (pid: number) => string[]

function words(program: string, own: number, { first, count }: SubordinateRange): Words {
  return (pid) => [program, ...[pid, 0, own, 1, 1, first, count].map(String)]
}

/** What the programs say of a namespace that nobody has mapped yet; undefined when both did it. */
async function mapFailure(attempts: Attempts, commands: readonly Words[]): Promise<Pick<Outcome, 'said' | 'isLate'> | undefined> {
  try {
    const sandbox = await attempts.start([], [], { kind: 'exec', file: '/bin/sh', argv: ['sh', '-c', 'echo up; exec sleep 60'], env: {} })
    try {
      await Promise.race([new Promise((resolve) => sandbox.stdout.once('data', resolve)), sandbox.ended])
      if (sandbox.pid === undefined) return { said: (await sandbox.ended).error?.message ?? 'no user namespace', isLate: false }
      for (const command of commands) {
        const [program = '', ...rest] = command(sandbox.pid)
        const outcome = await outcomeOf(spawn(program, rest, { stdio: ['ignore', 'ignore', 'pipe'] }))
        if (!outcome.ok) return outcome
      }
      return undefined
    } finally {
      sandbox.kill()
      await sandbox.ended
    }
  } catch (error) {
    return { said: describeError(error), isLate: false }
  }
}

function findProgram(program: string, path = ''): string | undefined {
  return path
    .split(delimiter)
    .map((directory) => join(directory || '.', program))
    .find((candidate) => {
      try {
        accessSync(candidate, constants.X_OK)
        return true
      } catch {
        return false
      }
    })
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return ''
  }
}
