// Runs several command lines of vitest in one process: vitest's own modules, which cost most of a run, are loaded once.

import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import type { Project } from './vitest-project.ts'
import { cleanEnvironment, newReport, readReport, type VitestOptions, type VitestRun, vitestDirectory } from './vitest-run.ts'

export type RunInTurn = Omit<VitestRun, 'signal' | 'meta'>

const program = fileURLToPath(new URL('../fixtures/plugin/vitest-in-turn.ts', import.meta.url))
const killAfter = 90_000

/** Runs `vitest run` with each of these lists of arguments in turn, or `related` or `bench` where a list begins with it. */
export async function vitestRuns(
  project: Project,
  lines: string[][],
  { env = {}, wrapper = [], reporters }: Pick<VitestOptions, 'env' | 'wrapper' | 'reporters'> = {},
): Promise<RunInTurn[]> {
  const reports = lines.map(() => newReport(project))
  const words = lines.map((line, index) => {
    const chosen = reporters?.map((name) => `--reporter=${name}`)
    const reporting = chosen ?? ['--reporter=default', '--reporter=json', `--outputFile.json=${reports[index]}`]
    if (line[0] === 'bench') return line
    return line[0] === 'related' ? [...line, ...reporting] : ['run', ...line, ...reporting]
  })
  const [file = '', ...rest] = [...wrapper, process.execPath, program, vitestDirectory(project), JSON.stringify(words)]
  const { stdout, stderr } = await promisify(execFile)(file, rest, {
    cwd: project.root,
    env: { ...cleanEnvironment(project), ...env },
    timeout: killAfter,
    killSignal: 'SIGKILL',
    maxBuffer: Number.POSITIVE_INFINITY,
  }).catch(({ message, stdout, stderr }) => {
    throw new Error(`${message}\n${stdout}${stderr}`)
  })
  const [said, cried] = [stdout, stderr].map((text) => [...text.matchAll(/([^\0]*)\0(\d+)\0/g)])
  return reports.map((report, index) => {
    const [, out = '', exitCode] = said?.[index] ?? []
    const [, err = ''] = cried?.[index] ?? []
    return { exitCode: Number(exitCode), stdout: out, stderr: err, output: out + err, ...readReport(report, project) }
  })
}
