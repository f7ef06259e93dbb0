// Promise: the shell after a failure has the surroundings of its recipe, in flags that nsbox shell takes, and what it has not is named.

import { expect, test } from 'vitest'
import { shellFlags } from '../../../src/cli/shell-flags.ts'
import { parseRunFlags } from '../../../src/config/run-flags.ts'
import { parseRecipe } from '../../../src/stress/recipe.ts'

test('a recipe as flags of a shell', async () => {
  const recipe =
    'n1:cpu=0.5/200ms,cores=1,memory=300M,pids=60,nofile=200,disk=50M,freeze=2ms,net=none,tz=+14,locale=tr_TR,hostname=foo,uid=caller,monotonic=1d,boottime=30d,seed=5'
  const { flags, left } = shellFlags(parseRecipe(recipe))
  expect(left).toEqual(['cores', 'freeze'])
  expect(await parseRunFlags(flags, 'nsbox shell')).toMatchObject({
    sandbox: {
      cpu: { share: 0.5, periodMs: 200 },
      memory: 300 * 1024 ** 2,
      pids: 60,
      disk: 50 * 1024 ** 2,
      hostname: 'foo',
      uid: 'caller',
      time: 'private',
      monotonicOffset: 86_400_000,
      boottimeOffset: 30 * 86_400_000,
    },
    environment: [{ do: 'set', name: 'TZ', value: 'Etc/GMT-14' }],
    command: [],
  })
})
