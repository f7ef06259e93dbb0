// Seeded projects for the plugin tests: real directories with a real vitest in them.

import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, onTestFinished } from 'vitest'

const repository = fileURLToPath(new URL('../..', import.meta.url))

export interface VitestVersion {
  name: string
  /** The node_modules directory that holds it. */
  modules: string
}

/** For describe.each: nsbox promises the same under both. */
export const vitestVersions: VitestVersion[] = [
  { name: 'vitest 5', modules: join(repository, 'node_modules') },
  { name: 'vitest 4', modules: join(repository, 'test/vitest4/node_modules') },
]

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

/** A vitest.config.ts. `test` and `options` are source text of what goes between the braces. */
export function nsboxConfig({ test = "pool: 'nsbox'", options = '' }: { test?: string; options?: string } = {}): string {
  return `import { defineConfig } from 'vitest/config'
import { nsbox } from 'nsbox/vitest'

export default defineConfig({ plugins: [nsbox({ ${options} })], test: { ${test} } })
`
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
