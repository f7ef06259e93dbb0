// What a sandbox costs as the project grows, beside a copy of the project.

import { spawnSync } from 'node:child_process'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createSandbox } from './contestants.ts'
import { median, printTable } from './report.ts'

export async function printOverlayCost(parent: string, sizes: number[], rounds: number): Promise<void> {
  const rows: string[][] = []
  for (const size of sizes) {
    const project = join(parent, `files-${size}`)
    makeFiles(project, size)
    await using sandbox = await createSandbox({ overlays: [project] })
    const sealed: number[] = []
    for (let round = 0; round < rounds; round++) sealed.push(await timed(() => sandbox.exec(['/bin/true'])))
    const copied: number[] = []
    for (let round = 0; round < 3; round++) {
      copied.push(await timed(async () => spawnSync('cp', ['-a', project, `${project}-copy`])))
      rmSync(`${project}-copy`, { recursive: true })
    }
    rmSync(project, { recursive: true })
    rows.push([String(size), median(sealed).toFixed(1), median(copied).toFixed(1)])
  }
  printTable(['files in the project', 'a sealed /bin/true, ms', 'cp -a, ms'], rows)
}

/** A hundred to a directory. */
function makeFiles(project: string, count: number): void {
  for (let index = 0; index < count; index++) {
    const directory = join(project, String(Math.floor(index / 100)))
    if (index % 100 === 0) mkdirSync(directory, { recursive: true })
    writeFileSync(join(directory, `${index}.txt`), `file ${index}\n`)
  }
}

async function timed(task: () => PromiseLike<unknown>): Promise<number> {
  const started = performance.now()
  await task()
  return performance.now() - started
}
