// `nsbox vitest list`: the tests that a run would have, in vitest's own words.

import { writeFileSync } from 'node:fs'
import { relative, resolve } from 'node:path'
import type { TestCase, Vitest } from 'vitest/node'

export interface ListOptions {
  /** Print JSON, or write it to this file. */
  json?: string | boolean
  filesOnly?: boolean
}

interface Listed {
  name?: string
  file: string
  projectName?: string
}

export async function printTests(vitest: Vitest, filter: string[], options: ListOptions): Promise<void> {
  const listed = options.filesOnly ? await files(vitest, filter) : await tests(vitest, filter)
  if (options.json) return printJson(listed, options.json)
  for (const { name, file, projectName } of listed) {
    const place = `${projectName ? `[${projectName}] ` : ''}${relative(vitest.config.root, file)}`
    console.log(name === undefined ? place : `${place} > ${name}`)
  }
}

async function files(vitest: Vitest, filter: string[]): Promise<Listed[]> {
  const specifications = await vitest.getRelevantTestSpecifications(filter)
  return specifications.map(({ moduleId, project }) => inProject({ file: moduleId }, project.name))
}

async function tests(vitest: Vitest, filter: string[]): Promise<Listed[]> {
  const { testModules, unhandledErrors } = await vitest.collect(filter)
  for (const error of unhandledErrors) console.error(error)
  if (unhandledErrors.length > 0) process.exitCode = 1
  return testModules.flatMap((module) => {
    const cases: TestCase[] = [...module.children.allTests()]
    return cases.map((test) => inProject({ name: test.fullName, file: module.moduleId }, module.project.name))
  })
}

function inProject(listed: Listed, projectName: string): Listed {
  return projectName ? { ...listed, projectName } : listed
}

function printJson(listed: Listed[], target: string | true): void {
  const text = JSON.stringify(listed, null, 2)
  if (target === true) console.log(text)
  else writeFileSync(resolve(target), `${text}\n`)
}
