// A user's place: a home with a project, a clean environment, and nsbox on PATH.

import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, realpathSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { removeTree } from '../../src/sys/remove-tree.ts'
import { builtCommand } from './built-command.ts'

export class CommandPlace {
  /** Holds all of it, and is in the environment of every process that is started here. */
  readonly root: string
  readonly home: string
  readonly project: string
  readonly env: Record<string, string>

  constructor(files: Record<string, string> = {}) {
    this.root = mkdtempSync(join(realpathSync(tmpdir()), 'nsbox-cli-'))
    this.home = join(this.root, 'home')
    this.project = join(this.home, 'project')
    const programs = join(this.root, 'bin')
    for (const directory of [programs, this.project]) mkdirSync(directory, { recursive: true })
    symlinkSync(builtCommand, join(programs, 'nsbox'))
    for (const [name, text] of Object.entries(files)) this.write(name, text)
    this.env = {
      PATH: `${programs}:${dirname(process.execPath)}:/usr/local/bin:/usr/bin:/bin:/usr/local/sbin:/usr/sbin:/sbin`,
      HOME: this.home,
      LANG: 'C.UTF-8',
      SHELL: '/bin/bash',
      USER: process.getuid?.() === 0 ? 'root' : 'you',
    }
  }

  write(name: string, text: string): void {
    const path = join(this.project, name)
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, text)
  }

  /** In the project. Its own session: nothing here has a terminal unless a test gives it one. */
  spawn(words: readonly [string, ...string[]], options: SpawnOptions = {}): ChildProcess {
    return spawn(words[0], words.slice(1), { cwd: this.project, env: this.env, detached: true, ...options })
  }

  /** Paths of this place as users know them. */
  shown(text: string): string {
    return text.replaceAll(this.home, '/home/you').replaceAll(this.root, '/PLACE')
  }

  remove(): void {
    removeTree(this.root)
  }
}
