// A transient scope of systemd: a cgroup with its own subtree for a process of this user (systemd-run(1)).

import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { type Outcome, outcomeOf } from '../host/outcome.ts'

/** As sd_booted(3) tells it. */
export function systemdRuns(): boolean {
  return existsSync('/run/systemd/system')
}

/**
 * The words that come before a command that is to run in a scope, which ends with its last process. The
 * scope's command is executed by systemd-run itself: its pid, its streams and its terminal stay.
 */
function scopeWords(): string[] {
  const whose = process.getuid?.() === 0 ? [] : ['--user']
  const description = '--description=nsbox'
  return ['systemd-run', ...whose, '--scope', '--quiet', '--collect', '--no-ask-password', description, '--property=Delegate=yes', '--']
}

/** What starts a command in a scope. It has the environment that was given for it. */
export function startInScope(command: readonly string[], env: NodeJS.ProcessEnv): { words: string[]; env: NodeJS.ProcessEnv } {
  const withDirectory = scopeEnvironment(env)
  // env(1) is executed in its turn, so that the pid stays.
  const without = withDirectory === env ? [] : ['env', '-u', 'XDG_RUNTIME_DIR']
  return { words: [...scopeWords(), ...without, ...command], env: withDirectory }
}

/** Of a command that runs in a scope of its own. Never rejects. */
export function outcomeInScope(command: readonly string[], env: NodeJS.ProcessEnv): Promise<Outcome> {
  const started = startInScope(command, env)
  const [file = '', ...words] = started.words
  return outcomeOf(spawn(file, words, { env: started.env, stdio: ['ignore', 'pipe', 'pipe'] }))
}

/** Hosted CI sets no XDG_RUNTIME_DIR, by which the user's systemd is found, though the directory is there. */
function scopeEnvironment(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const directory = runtimeDirectory(env)
  return directory === undefined || env['XDG_RUNTIME_DIR'] ? env : { ...env, XDG_RUNTIME_DIR: directory }
}

function runtimeDirectory(env: NodeJS.ProcessEnv): string | undefined {
  const usual = `/run/user/${process.getuid?.()}`
  return env['XDG_RUNTIME_DIR'] || (existsSync(usual) ? usual : undefined)
}

/** Why there can be no scope, as far as that can be told without asking for one. */
export function scopeUnavailable(env: NodeJS.ProcessEnv): string | undefined {
  if (!systemdRuns()) return 'systemd does not run here'
  if (process.getuid?.() === 0) return undefined
  const directory = runtimeDirectory(env)
  if (directory === undefined) return 'no systemd of this user runs (XDG_RUNTIME_DIR is not set)'
  return existsSync(`${directory}/systemd/private`) ? undefined : `no systemd of this user runs (${directory}/systemd/private is missing)`
}
