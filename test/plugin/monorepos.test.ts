// Projects of several packages, laid out as package managers do it, and packages that lie elsewhere.
// No network: npm, pnpm and yarn were asked once what they make, and this is it.

import { linkSync, mkdirSync, readFileSync, readlinkSync, renameSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { nsboxConfig, type Project, seedSuite, seedTest, testFile, type VitestVersion, vitestVersions } from '../support/vitest-project.ts'
import { type VitestRun, vitestRun } from '../support/vitest-run.ts'

const manifest = (name: string, more: object = {}) => JSON.stringify({ name, version: '1.0.0', type: 'module', main: 'index.js', ...more })
const says = (what: string) => `export const said = ${JSON.stringify(what)}\n`

/** Two packages; the second imports the first, a package of the registry and what that one imports. */
const packages: Record<string, string> = {
  'packages/core/package.json': manifest('@scope/core'),
  'packages/core/index.js': `import { said as dep } from 'dep'; export const said = 'core with ' + dep\n`,
  'packages/core/core.test.js': testFile(`import { said } from './index.js'
test('its own dependency', () => { expect(said).toBe('core with dep 1') })`),
  'packages/app/package.json': manifest('@scope/app'),
  'packages/app/app.test.js':
    testFile(`import { hostname } from 'node:os'; import { createRequire } from 'node:module'; import { readFileSync, writeFileSync } from 'node:fs'
import { said as core } from '@scope/core'; import { said as lib } from 'lib'; import { said as dep } from 'dep'
test('sealed', () => { expect(hostname()).toBe('nsbox') })
test('each package has what is installed for it', () => { expect([core, lib, dep]).toEqual(['core with dep 1', 'lib with dep 1', 'dep 2']) })
test('a neighbour, through its link', () => {
  const path = createRequire(import.meta.url).resolve('@scope/core'); expect(path).toMatch(/packages.core.index\\.js$/)
  writeFileSync(path, 'changed'); expect(readFileSync(import.meta.dirname + '/../core/index.js', 'utf8')).toBe('changed')
})
test('a file of the store', () => {
  const path = createRequire(import.meta.url).resolve('lib'); writeFileSync(path, 'changed'); expect(readFileSync(path, 'utf8')).toBe('changed')
})
test('a snapshot', () => { expect({ core, lib, dep }).toMatchSnapshot() })`),
}
const lib = `import { said as dep } from 'dep'; export const said = 'lib with ' + dep\n`

interface Layout {
  files: Record<string, string>
  /** What is a link in it, and where that leads, as written in the link. */
  links: Record<string, string>
  /** Where a file of `lib` really lies. */
  lib: string
}

/** A package that is installed in a node_modules. */
const installed = (modules: string, name: string, index: string) => ({
  [`${modules}/${name}/package.json`]: manifest(name),
  [`${modules}/${name}/index.js`]: index,
})

/** One node_modules for all, with links to the packages; what differs lies in a node_modules of its own. */
const hoisted: Layout = {
  files: {
    'package.json': JSON.stringify({ private: true, type: 'module', workspaces: ['packages/*'] }),
    ...installed('node_modules', 'dep', says('dep 1')),
    ...installed('node_modules', 'lib', lib),
    ...installed('packages/app/node_modules', 'dep', says('dep 2')),
  },
  links: { 'node_modules/@scope/core': '../../packages/core', 'node_modules/@scope/app': '../../packages/app' },
  lib: 'node_modules/lib/index.js',
}

/** Real directories only in .pnpm, whose files are hard links to the store; all else are links. */
const pnpm: Layout = {
  files: {
    'package.json': JSON.stringify({ private: true, type: 'module' }),
    'pnpm-workspace.yaml': 'packages:\n  - packages/*\n',
    ...installed('node_modules/.pnpm/dep@1.0.0/node_modules', 'dep', says('dep 1')),
    ...installed('node_modules/.pnpm/dep@2.0.0/node_modules', 'dep', says('dep 2')),
    ...installed('node_modules/.pnpm/lib@1.0.0/node_modules', 'lib', lib),
  },
  links: {
    'node_modules/.pnpm/lib@1.0.0/node_modules/dep': '../../dep@1.0.0/node_modules/dep',
    'node_modules/.pnpm/node_modules/dep': '../dep@1.0.0/node_modules/dep',
    'node_modules/.pnpm/node_modules/lib': '../lib@1.0.0/node_modules/lib',
    'packages/core/node_modules/dep': '../../../node_modules/.pnpm/dep@1.0.0/node_modules/dep',
    'packages/app/node_modules/dep': '../../../node_modules/.pnpm/dep@2.0.0/node_modules/dep',
    'packages/app/node_modules/lib': '../../../node_modules/.pnpm/lib@1.0.0/node_modules/lib',
    'packages/app/node_modules/@scope/core': '../../../core',
  },
  lib: 'node_modules/.pnpm/lib@1.0.0/node_modules/lib/index.js',
}

const layouts: [name: string, layout: Layout][] = [
  ['npm workspaces', hoisted],
  ['yarn workspaces', { ...hoisted, files: { ...hoisted.files, 'yarn.lock': '', '.yarnrc.yml': 'nodeLinker: node-modules\n' } }],
  ['pnpm', pnpm],
]

function link(target: string, path: string): void {
  mkdirSync(dirname(path), { recursive: true })
  symlinkSync(target, path)
}

/** Every file of a package in .pnpm is the same file as one of the content store. */
function linkToStore(project: Project, files: readonly string[]): void {
  const store = join(project.home, '.local/share/pnpm/store/v11/files/00')
  mkdirSync(store, { recursive: true })
  for (const [index, file] of files.entries()) linkSync(join(project.root, file), join(store, String(index)))
}

function lay(version: VitestVersion, { files, links }: Layout): Project {
  const project = seedSuite(version, { ...packages, 'packages/app/vitest.config.ts': nsboxConfig(), ...files })
  for (const [path, target] of Object.entries(links)) link(target, join(project.root, path))
  linkToStore(
    project,
    Object.keys(files).filter((path) => path.startsWith('node_modules/.pnpm/')),
  )
  return project
}

describe.each(vitestVersions)('$name', (version) => {
  describe.each(layouts)('%s', (_, layout) => {
    const project = lay(version, layout)
    let run: VitestRun
    beforeAll(async () => {
      run = await vitestRun(project)
    })

    test('each package finds what is installed for it', () => {
      expect(run.failures, run.output).toEqual({})
      expect(Object.keys(run.tests)).toHaveLength(6)
      expect(run.exitCode, run.output).toBe(0)
    })

    test('what was written in a neighbour or in the store is gone; the snapshot is there', () => {
      expect(project.read('packages/core/index.js')).toBe(packages['packages/core/index.js'])
      expect(project.read(layout.lib)).toBe(lib)
      expect(statSync(join(project.root, layout.lib)).nlink).toBe(layout === pnpm ? 2 : 1)
      expect(project.list('packages/app/__snapshots__')).toEqual(['app.test.js.snap'])
      for (const [path, target] of Object.entries(layout.links)) expect(readlinkSync(join(project.root, path))).toBe(target)
    })

    test('from inside one package the neighbours are still under the overlay', async () => {
      const alone = await vitestRun(project, [], { cwd: join(project.root, 'packages/app') })
      expect(alone.failures, alone.output).toEqual({})
      expect(Object.keys(alone.tests)).toHaveLength(5)
      expect(project.read('packages/core/index.js')).toBe(packages['packages/core/index.js'])
    })
  })

  /** Needs a package that lies outside of the workspace, below /tmp, and that one's own dependency. */
  const importsLinked = testFile(`import { hostname } from 'node:os'; import { said, itself } from 'linked'
test('sealed', () => { expect(hostname()).toBe('nsbox') })
test('a linked package', () => { expect(said).toBe('linked with dep 3'); expect(itself()).toContain('linked with') })`)
  const linked = `import { said as dep } from 'dep'; import { readFileSync } from 'node:fs'
export const said = 'linked with ' + dep; export const itself = () => readFileSync(new URL(import.meta.url), 'utf8')\n`

  function writeAll(directory: string, files: Record<string, string>): void {
    for (const [path, content] of Object.entries(files)) {
      mkdirSync(dirname(join(directory, path)), { recursive: true })
      writeFileSync(join(directory, path), content)
    }
  }

  async function expectSealed(project: Project, options?: Parameters<typeof vitestRun>[2], args: string[] = []): Promise<VitestRun> {
    const run = await vitestRun(project, args, options)
    expect(run.failures, run.output).toEqual({})
    expect(Object.keys(run.tests).length, run.output).toBeGreaterThanOrEqual(2)
    expect(run.exitCode, run.output).toBe(0)
    return run
  }

  test('npm link: a package outside of the workspace, and what that one imports', async () => {
    const project = seedTest(version, { 'linked.test.js': importsLinked })
    const elsewhere = join(project.scratch, 'linked')
    const dependency = installed('node_modules', 'dep', says('dep 3'))
    writeAll(elsewhere, { 'package.json': manifest('linked'), 'index.js': linked, ...dependency })
    link(elsewhere, join(project.root, 'node_modules/linked'))
    await expectSealed(project)
  })

  test('npm link: a package of another workspace, by way of a neighbour', async () => {
    const project = seedTest(version, {
      'package.json': JSON.stringify({ type: 'module', workspaces: ['packages/*'] }),
      'packages/app/package.json': manifest('app'),
      'packages/app/linked.test.js': importsLinked,
    })
    const elsewhere = join(project.scratch, 'other')
    const dependency = installed('node_modules', 'dep', says('dep 3'))
    const files = {
      'package.json': JSON.stringify({ workspaces: ['libs/*'] }),
      'libs/linked/package.json': manifest('linked'),
      ...dependency,
    }
    writeAll(elsewhere, { ...files, 'libs/linked/index.js': linked })
    link('../packages/app', join(project.root, 'node_modules/app'))
    link(join(elsewhere, 'libs/linked'), join(project.root, 'packages/app/node_modules/linked'))
    await expectSealed(project)
  })

  test('node_modules is a link to another place', async () => {
    const linkedFiles = { ...installed('node_modules', 'linked', linked), ...installed('node_modules', 'dep', says('dep 3')) }
    const project = seedTest(version, { 'linked.test.js': importsLinked, ...linkedFiles })
    const elsewhere = join(project.scratch, 'installed/node_modules')
    mkdirSync(dirname(elsewhere))
    renameSync(join(project.root, 'node_modules'), elsewhere)
    link(elsewhere, join(project.root, 'node_modules'))
    await expectSealed(project)
  })

  test('node_modules lies above the project, where no package is', async () => {
    const project = seedTest(version, { 'linked.test.js': importsLinked })
    writeAll(dirname(project.root), { ...installed('node_modules', 'linked', linked), ...installed('node_modules', 'dep', says('dep 3')) })
    await expectSealed(project)
  })

  /** Writes by a relative path and beside itself, and keeps a snapshot. */
  const writes = testFile(`import { hostname } from 'node:os'; import { existsSync, readdirSync, writeFileSync } from 'node:fs'
test('sealed', () => { expect(hostname()).toBe('nsbox') })
test('writes', () => { for (const at of ['.', import.meta.dirname]) { writeFileSync(at + '/left', 'x'); expect(readdirSync(at)).toContain('left') } })
test('a snapshot', () => { expect({ a: 1 }).toMatchSnapshot() })`)

  test.each([
    ['the working directory', (path: string) => ({ cwd: path, args: [] })],
    ['--root', (path: string) => ({ cwd: '/', args: ['--root', path] })],
  ])('a project that is reached through a link: %s', async (_, reach) => {
    const project = seedTest(version, { 'writes.test.ts': writes.replace(`'.', `, '') })
    const path = join(project.scratch, 'link')
    link(project.root, path)
    const { cwd, args } = reach(path)
    await expectSealed(project, { cwd }, args)
    expect(project.list('__snapshots__')).toEqual(['writes.test.ts.snap'])
    await expectSealed(project, { cwd, env: { CI: 'true' } }, args)
    expect(project.list()).not.toContain('left')
  })

  test.each(['auto', 'cold'])("Yarn's Plug'n'Play, launch: '%s': packages that only its hooks find", async (launch) => {
    const project = seedTest(version, {
      'vitest.config.ts': nsboxConfig({ options: `launch: '${launch}'` }),
      '.pnp.cjs': `const Module = require('node:module'); const { appendFileSync } = require('node:fs')
const resolve = Module._resolveFilename
Module._resolveFilename = function (name, ...rest) { return name === 'plugged' ? __dirname + '/.yarn/cache/plugged/index.cjs' : resolve.call(this, name, ...rest) }
try { appendFileSync(process.env.LOADED, process.argv[1] + '\\n') } catch {}\n`,
      '.pnp.loader.mjs': `export const resolve = (name, context, next) => next(name, context)\n`,
      '.yarn/cache/plugged/index.cjs': `exports.said = 'plugged'\n`,
      'plugged.test.ts': testFile(`import { createRequire } from 'node:module'; import { hostname } from 'node:os'
test('sealed', () => { expect(hostname()).toBe('nsbox') })
test('a package', () => { expect(createRequire(import.meta.url)('plugged').said).toBe('plugged') })`),
    })
    const loaded = join(project.scratch, 'loaded')
    const options = `--require ${project.root}/.pnp.cjs --experimental-loader file://${project.root}/.pnp.loader.mjs`
    const run = await expectSealed(project, { env: { NODE_OPTIONS: options, LOADED: loaded } })
    expect(run.stderr.includes('workers are launched cold: The zygote runs threads')).toBe(launch === 'auto')
    // Its own packages are found in the same way.
    expect(readFileSync(loaded, 'utf8')).toMatch(/\/zygote\.js$/m)
  })

  test("a config's root is elsewhere", async () => {
    const project = seedTest(version, { 'writes.test.ts': writes })
    const elsewhere = join(project.scratch, 'configs')
    const config = nsboxConfig({ test: `root: ${JSON.stringify(project.root)}, pool: 'nsbox'` })
    writeAll(elsewhere, { 'package.json': '{ "type": "module" }', 'vitest.config.ts': config })
    link(join(project.root, 'node_modules'), join(elsewhere, 'node_modules'))
    await expectSealed(project, { cwd: elsewhere })
    expect(project.list('__snapshots__')).toEqual(['writes.test.ts.snap'])
    expect([project.list(), project.list('../scratch/configs')].flat()).not.toContain('left')
  })

  test('test.projects that lie outside of the workspace', async () => {
    const project = seedTest(version, {
      'writes.test.ts': writes,
      'vitest.config.ts': nsboxConfig({ test: `projects: ['../scratch/*/vitest.config.ts']` }),
    })
    const names = ['one', 'two'].map((name) => join(project.scratch, name))
    for (const directory of names) {
      const config = nsboxConfig({ test: `name: ${JSON.stringify(directory)}, pool: 'nsbox'` })
      writeAll(directory, { 'package.json': '{ "type": "module" }', 'vitest.config.ts': config, 'writes.test.ts': writes })
      link(join(project.root, 'node_modules'), join(directory, 'node_modules'))
    }
    const run = await expectSealed(project)
    expect(Object.keys(run.tests)).toHaveLength(6)
    for (const name of ['one', 'two']) {
      expect(project.list(`../scratch/${name}/__snapshots__`)).toEqual(['writes.test.ts.snap'])
      expect(readFileSync(join(project.scratch, name, 'writes.test.ts'), 'utf8')).toBe(writes)
      expect(project.list(`../scratch/${name}`)).not.toContain('left')
    }
  })
})
