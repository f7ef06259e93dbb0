// `nsbox vitest list`: the tests that a run would have, in vitest's own words.

import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, relative, resolve } from 'node:path'
import type { TestModule, Vitest } from 'vitest/node'
import { print } from '../src/cli/print.ts'
import { jsonText, oneLine } from '../src/quoted.ts'

export interface ListOptions {
  root?: string
  /** Print JSON, or write it to this file below the root. */
  json?: string | boolean
  filesOnly?: boolean
  /** Read the tests from the source, and run nothing. */
  staticParse?: boolean
  staticParseConcurrency?: number
}

interface Listed {
  name?: string
  file: string
  projectName?: string
  location?: { line: number; column: number }
}

export async function printTests(vitest: Vitest, filter: string[], options: ListOptions): Promise<void> {
  const root = resolve(options.root ?? process.cwd())
  if (options.filesOnly) return printFiles(vitest, filter, root, options)
  const { testModules, unhandledErrors } = await vitest.collect(filter, options)
  if (unhandledErrors.length > 0) {
    console.error('\nThere were unhandled errors during test collection')
    for (const error of unhandledErrors) console.error(error)
    console.error('\n\n')
    process.exitCode = 1
    return
  }
  if (printErrors(vitest, testModules)) return
  const tests = testModules.flatMap((module) => [...module.children.allTests()]).filter((test) => test.result().state !== 'skipped')
  if (options.json) {
    const listed = tests.map(({ fullName: name, module, project, location }) => ({
      ...inProject({ name, file: module.moduleId }, project.name),
      ...(location && { location }),
    }))
    return printJson(listed, root, options.json)
  }
  for (const { fullName, module, project } of tests) printLine(project.name, `${module.relativeModuleId} > ${fullName}`)
}

async function printFiles(vitest: Vitest, filter: string[], root: string, { json }: ListOptions): Promise<void> {
  const specifications = await vitest.getRelevantTestSpecifications(filter)
  if (json) {
    const listed = specifications.map(({ moduleId, project }) => inProject({ file: moduleId }, project.name))
    return printJson(listed, root, json)
  }
  for (const { moduleId, project } of specifications) printLine(project.name, relative(root, moduleId))
}

/** A file whose tests could not be collected makes the list incomplete: vitest prints none. */
function printErrors({ logger }: Vitest, modules: TestModule[]): boolean {
  const failed = modules
    .flatMap((module) => [module, ...module.children.allSuites()])
    .flatMap((suite) => suite.errors().map((error) => ({ error, project: suite.project })))
  for (const { error, project } of failed) logger.printError(error, { project })
  return failed.length > 0
}

function printLine(project: string, words: string): void {
  print(oneLine(project ? `[${project}] ${words}` : words))
}

function inProject(listed: Listed, projectName: string): Listed {
  return projectName ? { ...listed, projectName } : listed
}

function printJson(listed: Listed[], root: string, target: string | true): void {
  const text = jsonText(listed, 2)
  if (target === true) return print(text)
  const path = resolve(root, target)
  mkdirSync(dirname(path), { recursive: true })
  writeFileSync(path, text)
}
