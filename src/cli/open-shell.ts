// A shell in the state that a failed run left.

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { shellWord } from '../quoted.ts'
import type { Knobs } from '../stress/knobs.ts'
import { shellFlags } from './shell-flags.ts'

/** Ends with the shell. The command is told, so that it can be had again, and otherwise. */
export async function openShell(file: string, knobs: Knobs): Promise<void> {
  const { flags, left } = shellFlags(knobs)
  const words = ['shell', '--last-failed', file, ...flags]
  console.error(`nsbox: the state that it left: ${['nsbox', ...words].map(shellWord).join(' ')}`)
  if (left.length > 0) console.error(`nsbox: not turned in the shell: ${left.join(', ')}`)
  // What ends the shell is not meant for this process.
  const ignore = () => undefined
  process.on('SIGINT', ignore)
  const child = spawn(process.execPath, [process.argv[1] as string, ...words], { stdio: 'inherit' })
  await once(child, 'close')
  process.off('SIGINT', ignore)
}
