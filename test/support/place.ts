// A project, a home, and a directory outside of both, for runs of the command.

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir, userInfo } from 'node:os'
import { join } from 'node:path'
import { type CommandEnd, type CommandOptions, nsbox } from './command.ts'
import { printedByEach, runningEach } from './scripts.ts'

export class Place {
  readonly root: string = mkdtempSync(join(tmpdir(), 'nsbox-test-'))
  readonly project: string = join(this.root, 'project')
  readonly home: string = join(this.root, 'home')
  /** Beside no overlay and in no private directory, with a file `kept`. */
  readonly outside: string = mkdtempSync(join(userInfo().homedir, '.nsbox-outside-'))

  constructor() {
    mkdirSync(this.project)
    mkdirSync(this.home)
    writeFileSync(join(this.project, 'file'), 'project')
    writeFileSync(join(this.outside, 'kept'), 'kept')
  }

  /** Everything of this place has it in its environment. */
  get token(): string {
    return this.root
  }

  nsbox(words: readonly string[], options: Partial<CommandOptions> = {}): Promise<CommandEnd> {
    return nsbox(words, { cwd: this.project, home: this.home, ...options, env: { NSBOX_TEST: this.token, ...options.env } })
  }

  /** What `nsbox run` with these flags makes of a shell script. */
  run(flags: readonly string[], script: string, options?: Partial<CommandOptions>): Promise<CommandEnd> {
    return this.nsbox(['run', ...flags, '--', '/bin/sh', '-c', script], options)
  }

  /** What each script prints on stdout, all in one run with these flags. */
  async printed(flags: readonly string[], scripts: Record<string, string>): Promise<Record<string, string>> {
    return printedByEach(scripts, await this.nsbox(['run', ...flags, '--', ...runningEach(scripts)]))
  }

  remove(): void {
    for (const directory of [this.root, this.outside]) rmSync(directory, { recursive: true, force: true })
  }
}
