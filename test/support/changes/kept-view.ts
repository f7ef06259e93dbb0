// What overlays show: mounted in a namespace of their own, by the programs of util-linux.

import { execFileSync } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { compileCache } from './bench.ts'
import type { Manifest } from './manifest.ts'
import type { Game } from './play.ts'

const playProgram = fileURLToPath(new URL('../../fixtures/changes/play.ts', import.meta.url))
/** Words that start a program that plays games and prints a list of manifests. */
export const playing = (...games: Game[]): string[] => [process.execPath, playProgram, JSON.stringify(games)]

export interface View {
  lowers: readonly string[]
  /** Changes are kept in its `upper`. */
  scratch: string
  /** Changes made at random. */
  seed?: number
  count?: number
}

/** The first arguments are options and a place of each overlay, those after `--` a program. */
const script = 'while [ "$1" != -- ]; do mount -t overlay overlay -o "$1" "$2" || exit; shift 2; done; shift; exec "$@"'

/** What each view shows, all from one start of node. */
export function viewsThrough(...views: View[]): Manifest[] {
  for (const { scratch } of views) for (const name of ['upper', 'work', 'merged']) mkdirSync(join(scratch, name), { recursive: true })
  const overlays = views.flatMap(({ lowers, scratch }) => [
    `lowerdir=${lowers.join(':')},upperdir=${scratch}/upper,workdir=${scratch}/work,userxattr`,
    `${scratch}/merged`,
  ])
  const games = views.map(({ scratch, seed = 0, count = 0 }): Game => ({ directory: `${scratch}/merged`, seed, count, kind: 'all' }))
  const words = ['--user', '--map-root-user', '--mount', '/bin/sh', '-c', script, 'sh', ...overlays, '--', ...playing(...games)]
  return JSON.parse(
    execFileSync('unshare', words, { encoding: 'utf8', maxBuffer: 1 << 28, env: { ...process.env, ...compileCache } }),
  ) as Manifest[]
}
