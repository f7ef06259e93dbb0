// Whose a snapshot is: a worker may write and remove those of the files that it was given, and none of another file's.

import { basename, resolve } from 'node:path'
import type { TestProject } from 'vitest/node'
import { realLocation } from './places.ts'

/**
 * `snapshots`: the file that vitest keeps the snapshots of one of the worker's files in. `named`: it may be one, as a snapshot
 * environment of the project's own chooses names. `test`: one of the worker's files.
 */
export type Owner = 'snapshots' | 'named' | 'test' | 'another' | 'nobody'

export class SnapshotOwners {
  readonly #project: TestProject
  /** The worker's. */
  readonly #testFiles: ReadonlySet<string>

  constructor(project: TestProject, testFiles: ReadonlySet<string>) {
    this.#project = project
    this.#testFiles = testFiles
  }

  async of(path: string): Promise<Owner> {
    if (this.areOwn(path)) return 'snapshots'
    if (this.isTest(path)) return 'test'
    if (await this.#isOfAnother(path)) return 'another'
    return this.isCustom && path.endsWith('.snap') ? 'named' : 'nobody'
  }

  /** True for one of the worker's files. */
  isTest(path: string): boolean {
    return this.#testFiles.has(path)
  }

  /** True for what {@link of} calls `snapshots`. */
  areOwn(path: string): boolean {
    const real = realLocation(path)
    return snapshotsOf(this.#project, [...this.#testFiles]).some((file) => isAt(file, real))
  }

  /** The project has a snapshot environment of its own. */
  get isCustom(): boolean {
    return Boolean(this.#project.config.snapshotEnvironment)
  }

  async #isOfAnother(path: string): Promise<boolean> {
    const real = realLocation(path)
    const { projects } = this.#project.vitest
    const lists = await Promise.all(projects.map(async (project) => (await filesOf(project)).get(basename(real)) ?? []))
    return lists.flat().some((file) => isAt(file, real))
  }
}

/** Test files of a project and their snapshots, by their names. */
type Files = Map<string, string[]>

/** By vitest's list. It adds to it while it watches. */
const known = new WeakMap<readonly string[], { count: number; files: Files }>()

async function filesOf(project: TestProject): Promise<Files> {
  // vitest has the list, unless it was told which files to run and looked for none.
  const { testFiles } = await project.globTestFiles()
  const made = known.get(testFiles)
  if (made?.count === testFiles.length) return made.files
  const files = Map.groupBy([...testFiles, ...snapshotsOf(project, testFiles)], (path) => basename(path))
  known.set(testFiles, { count: testFiles.length, files })
  return files
}

function snapshotsOf({ vitest, config, serializedConfig }: TestProject, files: readonly string[]): string[] {
  return files.map((file) => resolve(config.root, vitest.snapshot.resolvePath(file, { config: serializedConfig })))
}

/** Wherever links lead. */
function isAt(path: string, real: string): boolean {
  return path === real || (basename(path) === basename(real) && realLocation(path) === real)
}
