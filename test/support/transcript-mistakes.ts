// What the command says to words that are wrong: asked in this process, up to where something would run.

import { execFileSync } from 'node:child_process'
import { vi } from 'vitest'
import { checkBeforehand } from '../../src/cli/afterwards.ts'
import { exitCodeOf } from '../../src/cli/campaign-exit.ts'
import { applyKept, listKept, printKeptChanges } from '../../src/cli/kept.ts'
import { limitsRequestedHere, plansHere } from '../../src/cli/request-here.ts'
import { listRecorded, wantedTest } from '../../src/cli/wanted-test.ts'
import { parseReproFlags } from '../../src/config/repro-flags.ts'
import { parseRunFlags } from '../../src/config/run-flags.ts'
import { parseThresholdFlags } from '../../src/config/threshold-flags.ts'
import { FAILED } from '../../src/run/exit-status.ts'
import type { CommandPlace } from './command-place.ts'
import type { TranscriptCommand } from './transcript.ts'

/** Runs the source, in which nsbox is a function that tells where it was called and with which words. */
const script = 'nsbox() { printf "%s\\0" "$PWD" "$@"; }; eval "$1"'

/** Reads the words as the command does, and throws what is wrong with them. */
const readers: Record<string, (words: string[]) => unknown> = {
  run: (words) => readRun(words, 'nsbox run'),
  shell: (words) => readRun(words, 'nsbox shell'),
  plan: (words) => readRun(words, 'nsbox plan'),
  diff: printKeptChanges,
  apply: applyKept,
  layers: listKept,
  repro: readRepro,
  threshold: parseThresholdFlags,
}
const campaigns = ['repro', 'threshold']

/** What each command prints, and `[exit N]`: as transcripts have it. */
export async function saidToMistakes(commands: readonly TranscriptCommand[], place: CommandPlace): Promise<string[][]> {
  const before = process.cwd()
  vi.stubEnv('HOME', place.home)
  try {
    const outputs: string[][] = []
    for (const { source } of commands) outputs.push((await saidTo(source, place)).split('\n'))
    return outputs
  } finally {
    vi.unstubAllEnvs()
    process.chdir(before)
  }
}

async function saidTo(source: string, place: CommandPlace): Promise<string> {
  const text = execFileSync('bash', ['-c', script, 'bash', source], { cwd: place.project, env: place.env, encoding: 'utf8' })
  const [directory = '', command = '', ...words] = text.split('\0').slice(0, -1)
  process.chdir(directory)
  const said: string[] = []
  const console = vi.spyOn(globalThis.console, 'error').mockImplementation((line) => void said.push(place.shown(line)))
  try {
    const code = await exitCodeOf(async () => {
      await readers[command]?.(words)
      return 0
    })
    return [...said, `[exit ${campaigns.includes(command) ? code : FAILED}]`].join('\n')
  } finally {
    console.mockRestore()
  }
}

async function readRun(words: string[], where: string): Promise<void> {
  const flags = await parseRunFlags(words, where)
  checkBeforehand(flags.changes)
  ;(await plansHere(flags, null)).next()
  await limitsRequestedHere(flags.sandbox)
}

function readRepro(words: string[]): unknown {
  const flags = parseReproFlags(words)
  return flags.test === undefined ? listRecorded(flags) : wantedTest(flags.test, flags)
}
