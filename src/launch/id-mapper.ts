// Maps ids that only newuidmap(1) and newgidmap(1) may map: setuid programs that know /etc/subuid.

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { NsboxError } from '../errors.ts'
import { idMapsOf, needsNewuidmap } from '../plan/id-maps.ts'
import type { IdRange, SandboxPlan } from '../plan/plan.ts'

/** A shell that waits for the pid: it starts before a fork makes setuid programs useless here (no_new_privs). */
const script = 'read -r pid || exit 0; newuidmap "$pid" $1 && newgidmap "$pid" $2'

export class IdMapper {
  readonly #shell

  private constructor(uid: IdRange[], gid: IdRange[]) {
    this.#shell = spawn('/bin/sh', ['-c', script, 'nsbox-id-mapper', words(uid), words(gid)], { stdio: ['pipe', 'ignore', 'pipe'] })
  }

  /** Undefined for plans that need none. */
  static for(plan: SandboxPlan): IdMapper | undefined {
    const maps = idMapsOf(plan)
    return maps && needsNewuidmap(plan) ? new IdMapper(maps.uid, maps.gid) : undefined
  }

  /** When there is nothing to map after all. */
  close(): void {
    this.#shell.stdin.destroy()
  }

  /** @throws NsboxError ERR_NSBOX_ID_MAP with what the programs say */
  async map(pid: number): Promise<void> {
    const { stdin, stderr } = this.#shell
    const said: Buffer[] = []
    stderr.on('data', (chunk: Buffer) => said.push(chunk))
    stdin.on('error', () => undefined)
    stdin.end(`${pid}\n`)
    const [code] = (await once(this.#shell, 'close')) as [number | null]
    if (code === 0) return
    throw new NsboxError(`newuidmap could not map ids: ${Buffer.concat(said).toString().trim() || `exit code ${code}`}`, {
      code: 'ERR_NSBOX_ID_MAP',
      stage: 'launch',
      hint: 'It needs the package uidmap (shadow-utils), and lines for this user in /etc/subuid and /etc/subgid.',
    })
  }
}

function words(ranges: IdRange[]): string {
  return ranges.map(({ inside, outside, count }) => `${inside} ${outside} ${count}`).join(' ')
}
