// Finds out which written files are output: those that git ignores, and those in directories that do not exist on the host.

import { existsSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { gitIgnored } from './git-ignored.ts'
import type { ReportedFile } from './run-report.ts'
import { directoriesAbove, writeGlobs } from './write-globs.ts'

/** The directory that each report's paths are relative to. */
export type Workspaces = ReadonlyMap<ReportedFile, string>

export class Outputs {
  readonly #workspaces: Workspaces
  /** Ignored files and directories, by workspace. */
  readonly #ignored: ReadonlyMap<string, ReadonlySet<string>>

  private constructor(workspaces: Workspaces, ignored: ReadonlyMap<string, ReadonlySet<string>>) {
    this.#workspaces = workspaces
    this.#ignored = ignored
  }

  /** Asks git once for each workspace in which anything was written. */
  static async find(workspaces: Workspaces): Promise<Outputs> {
    const ignored = [...new Set(workspaces.values())].map(async (workspace) => {
      const paths = [...workspaces].flatMap(([file, own]) => (own === workspace ? pathsOf(file).filter(isRelative) : []))
      const directories = paths.flatMap(directoriesAbove).map((directory) => `${directory}/`)
      return [workspace, await gitIgnored(workspace, [...new Set([...paths, ...directories])])] as const
    })
    return new Outputs(workspaces, new Map(await Promise.all(ignored)))
  }

  /** Paths that git ignores. */
  ignored(file: ReportedFile): ReadonlySet<string> {
    return this.#ignored.get(this.#workspaces.get(file) ?? '') ?? new Set()
  }

  /** Globs for expectedWrites that match everything these test files wrote. */
  globs(files: readonly ReportedFile[]): string[] {
    const globs = Map.groupBy(files, (file) => this.#workspaces.get(file) ?? '')
    return [...globs].flatMap(([workspace, own]) =>
      writeGlobs([...new Set(own.flatMap(pathsOf))], (directory) => this.#isOutput(workspace, directory)),
    )
  }

  #isOutput(workspace: string, directory: string): boolean {
    const place = directory.startsWith('~/') ? join(homedir(), directory.slice(2)) : join(workspace, directory)
    return this.#ignored.get(workspace)?.has(`${directory}/`) === true || !existsSync(place)
  }
}

function pathsOf({ written }: ReportedFile): string[] {
  return (written ?? []).map(({ path }) => path)
}

function isRelative(path: string): boolean {
  return !/^[~/]/.test(path)
}
