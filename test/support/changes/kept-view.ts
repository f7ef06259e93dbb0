// What an overlay shows: mounted in a namespace of its own, by the programs of util-linux.

import { execFileSync } from 'node:child_process'
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Manifest } from './manifest.ts'

const show = fileURLToPath(new URL('../../fixtures/changes/play.ts', import.meta.url))
const script =
  'mount -t overlay overlay -o "lowerdir=$1,upperdir=$2/upper,workdir=$2/work,userxattr" "$2/merged" && exec "$3" "$4" "$2/merged" "$5" "$6" all'

/** Changes made at random in it are kept in `scratch`/upper. */
export function viewThrough(
  lowers: readonly string[],
  scratch: string,
  { seed = 0, count = 0 }: { seed?: number; count?: number } = {},
): Manifest {
  for (const name of ['upper', 'work', 'merged']) mkdirSync(join(scratch, name), { recursive: true })
  const argv = [
    'unshare',
    '--user',
    '--map-root-user',
    '--mount',
    '/bin/sh',
    '-c',
    script,
    'sh',
    lowers.join(':'),
    scratch,
    process.execPath,
    show,
  ]
  const output = execFileSync(argv[0] as string, [...argv.slice(1), String(seed), String(count)], { encoding: 'utf8', maxBuffer: 1 << 28 })
  return JSON.parse(output) as Manifest
}
