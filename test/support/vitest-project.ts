// Seeded projects for the plugin tests: real directories with a real vitest in them.

import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, onTestFinished } from 'vitest'

const repository = fileURLToPath(new URL('../..', import.meta.url))

export interface VitestVersion {
  name: string
  /** The node_modules directory that holds it. */
  modules: string
}

const versions: VitestVersion[] = [
  { name: 'vitest 5', modules: join(repository, 'node_modules') },
  { name: 'vitest 4', modules: join(repository, 'test/vitest4/node_modules') },
]

/**
 * For `describe.each`: the versions that NSBOX_TEST_VITEST names, the newest unless it is set. For promises that depend on vitest's own code.
 * CI sets it to `all`.
 */
export const vitestVersions: VitestVersion[] = chosenVersions(process.env['NSBOX_TEST_VITEST'] || '5')

/** For `describe.each`: one version of vitest. For promises that are nsbox's alone: file systems, services, kills, options. */
export const oneVitest: VitestVersion[] = vitestVersions.slice(0, 1)

/** @throws Error for a version that is not there: a matrix that names it would test nothing new */
function chosenVersions(wanted: string): VitestVersion[] {
  if (wanted === 'all') return versions
  const chosen = versions.filter(({ name }) => name === `vitest ${wanted.split('.')[0]}`)
  if (chosen.length === 0) throw new Error(`NSBOX_TEST_VITEST is "${wanted}"; set it to 4, 5 or all`)
  return chosen
}

export interface Project {
  root: string
  /** HOME of what runs in it. Not below the root. */
  home: string
  /** Nobody's but the test's: reports are written here. */
  scratch: string
  write(path: string, content: string): void
  read(path: string): string
  list(path?: string): string[]
  remove(): void
}

/** Where a project lies: the directory that holds everything of it, and its own name there. */
export interface ProjectPlace {
  parent?: string
  name?: string
}

/** Files by their path in the project. A vitest.config.ts that turns nsbox on is there unless one is given. */
function seed(version: VitestVersion, files: Record<string, string>, { parent = tmpdir(), name = 'project' }: ProjectPlace = {}): Project {
  const base = realpathSync(mkdtempSync(join(parent, 'seeded-')))
  const [root, home, scratch] = [name, 'home', 'scratch'].map((directory) => join(base, directory)) as [string, string, string]
  for (const directory of [root, home, scratch]) mkdirSync(directory)
  const project: Project = {
    root,
    home,
    scratch,
    write: (path, content) => writeWithin(root, path, content),
    read: (path) => readFileSync(join(root, path), 'utf8'),
    list: (path = '.') => readdirSync(join(root, path)).sort(),
    remove: () => {
      chmodSync(root, 0o755)
      rmSync(base, { recursive: true, force: true })
    },
  }
  for (const [path, content] of Object.entries({ 'package.json': '{ "type": "module" }\n', 'vitest.config.ts': nsboxConfig(), ...files }))
    project.write(path, content)
  linkPackages(root, version)
  return project
}

/** For the body of a describe: the project is gone when its tests are over. */
export function seedSuite(version: VitestVersion, files: Record<string, string>, place?: ProjectPlace): Project {
  const project = seed(version, files, place)
  afterAll(() => project.remove())
  return project
}

/** For the body of a test. */
export function seedTest(version: VitestVersion, files: Record<string, string>, place?: ProjectPlace): Project {
  const project = seed(version, files, place)
  onTestFinished(() => project.remove())
  return project
}

/** The files of test/fixtures/projects/NAME, by their paths in a project. What lies in its `modules` is for node_modules, which git ignores. */
export function fixture(name: string): Record<string, string> {
  const directory = join(repository, 'test/fixtures/projects', name)
  const entries = readdirSync(directory, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())
  return Object.fromEntries(
    entries.map((entry) => {
      const path = join(entry.parentPath, entry.name)
      return [relative(directory, path).replace(/^modules\//, 'node_modules/'), readFileSync(path, 'utf8')]
    }),
  )
}

/** A vitest.config.ts. `test` and `options` are source text of what goes between the braces. */
export function nsboxConfig({ test = "pool: 'nsbox'", options = '' }: { test?: string; options?: string } = {}): string {
  return `import { defineConfig } from 'vitest/config'
import { nsbox } from 'nsbox/vitest'

export default defineConfig({ plugins: [nsbox({ ${options} })], test: { ${test} } })
`
}

/** A vitest.config.ts of a run that several projects share: each has a root and a workspace of its own. */
export function configOf(places: readonly Pick<Project, 'root'>[]): string {
  const projects = places.map(({ root }, index) => ({ extends: true, root, test: { name: `place ${index}` } }))
  return nsboxConfig({ test: `pool: 'nsbox', projects: ${JSON.stringify(projects)}` })
}

/** What a shared run says of one place: tests are called as in a run of its own. */
export function resultsIn({ root }: Pick<Project, 'root'>, shared: Project, results: Record<string, string>): Record<string, string> {
  const full = Object.entries(results).map(([name, result]) => [name.startsWith('/') ? name : `${shared.root}/${name}`, result] as const)
  return Object.fromEntries(full.flatMap(([name, result]) => (name.startsWith(`${root}/`) ? [[name.slice(root.length + 1), result]] : [])))
}

/** A test file: what it usually imports, on its first line, and the body. */
export function testFile(body: string): string {
  return `import { afterAll, beforeAll, describe, expect, inject, test, vi } from 'vitest'; ${body}\n`
}

/** The comment that picks an environment. In pieces, or vitest would read it in the test that seeds it. */
export function docblock(environment: string, options?: object): string {
  const words = { environment, 'environment-options': options && JSON.stringify(options) }
  return Object.entries(words)
    .flatMap(([name, value]) => (value ? [`// @${'vitest'}-${name} ${value}\n`] : []))
    .join('')
}

/** A test that passes only in a sandbox. */
export const sealedTest: string = testFile(`import { hostname } from 'node:os'
test('sealed', () => { expect(hostname()).toBe('nsbox') })`)

function writeWithin(root: string, path: string, content: string): void {
  mkdirSync(dirname(join(root, path)), { recursive: true })
  writeFileSync(join(root, path), content)
}

function linkPackages(root: string, { modules }: VitestVersion): void {
  const main = join(repository, 'node_modules')
  const links: Record<string, string> = {
    nsbox: repository,
    vitest: join(modules, 'vitest'),
    '@vitest': join(modules, '@vitest'),
    jsdom: join(main, 'jsdom'),
    'happy-dom': join(main, 'happy-dom'),
    koffi: join(main, 'koffi'),
    typescript: join(main, 'typescript'),
  }
  mkdirSync(join(root, 'node_modules'), { recursive: true })
  for (const [name, target] of Object.entries(links)) symlinkSync(realpathSync(target), join(root, 'node_modules', name))
}
