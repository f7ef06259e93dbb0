// @module-tag root
// Promise: what is kept on disk for a sandbox is removed with it, whatever ends its host.

import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readdirSync, rmSync } from 'node:fs'
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, onTestFinished, test } from 'vitest'
import { processesWith, until } from '../support/processes.ts'
import { Bench } from '../support/sandbox.ts'
import { describeTree } from '../support/tree.ts'

/** The directory on disk of the next sandbox. */
function upperOf(bench: Bench): string {
  const { plan, release } = bench.plans.next()
  const scratch = plan.steps.flatMap((step) => (step.do === 'bind' ? [step.source] : []))[0] as string
  release()
  return dirname(scratch)
}

test('writes on disk are seen inside, not on the host, and are gone with the sandbox', async () => {
  const bench = new Bench({ files: { 'd/file': 'project' } })
  await bench.plans.useDisk()
  const directory = upperOf(bench)
  const before = describeTree(bench.root)
  const { stdout } = await bench.sh(
    'echo changed > d/file; rm -r d; mkdir d; echo new > d/new; cat d/*; ls d; df --output=fstype /tmp | tail -1',
  )
  expect(stdout).toBe('new\nnew\ntmpfs\n')
  expect(describeTree(bench.root)).toEqual(before)
  expect(readdirSync(directory)).toEqual([])
  await bench.close()
  await until(() => !existsSync(directory))
})

test('what a sandbox left without permissions goes too', async () => {
  const bench = new Bench({ files: { 'd/file': '' } })
  await bench.plans.useDisk()
  const directory = upperOf(bench)
  expect(await bench.sh('mkdir -p a/b; touch a/b/c; chmod 0 a/b a d .')).toMatchObject({ exitCode: 0 })
  await bench.close()
  await until(() => !existsSync(directory))
})

test('the host killed: its sandbox, its zygote and the directory go', async () => {
  const host = spawn(process.execPath, [fileURLToPath(new URL('../fixtures/host/disk.ts', import.meta.url))], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  onTestFinished(() => void host.kill('SIGKILL'))
  const { scratch, root } = JSON.parse(await firstLine(host)) as { scratch: string; root: string }
  expect(existsSync(scratch)).toBe(true)
  // While a process becomes another program its environment cannot be read.
  await until(() => processesWith(root).length >= 2)
  host.kill('SIGKILL')
  await once(host, 'exit')
  await until(() => processesWith(root).length === 0)
  await until(() => !existsSync(dirname(scratch)))
  rmSync(root, { recursive: true })
})

async function firstLine(process: ChildProcess): Promise<string> {
  return String((await once(process.stdout as NonNullable<ChildProcess['stdout']>, 'data'))[0])
}
