// Projects of several packages, laid out as package managers do it, and packages that lie elsewhere.
// No network: npm, pnpm and yarn were asked once what they make, and this is it.

import { linkSync, mkdirSync, readdirSync, readFileSync, readlinkSync, renameSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import {
  configOf,
  fixture,
  nsboxConfig,
  oneVitest,
  type Project,
  resultsIn,
  seedSuite,
  seedTest,
  type VitestVersion,
  vitestVersions,
} from '../support/vitest-project.ts'
import { type VitestRun, vitestRun } from '../support/vitest-run.ts'

const manifest = (name: string, more: object = {}) => JSON.stringify({ name, version: '1.0.0', type: 'module', main: 'index.js', ...more })
const says = (what: string) => `export const said = ${JSON.stringify(what)}\n`

/** Two packages; the second imports the first, a package of the registry and what that one imports. */
const packages = fixture('monorepo')
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

/** One node_modules for all, with links to the packages; what differs lies in a node_modules of its own. Yarn's files do not disturb npm's. */
const hoisted: Layout = {
  files: {
    'package.json': JSON.stringify({ private: true, type: 'module', workspaces: ['packages/*'] }),
    'yarn.lock': '',
    '.yarnrc.yml': 'nodeLinker: node-modules\n',
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
  ['npm and Yarn workspaces', hoisted],
  ['pnpm', pnpm],
]

function link(target: string, path: string): void {
  mkdirSync(dirname(path), { recursive: true })
  symlinkSync(target, path)
}

/** Every file of a package in .pnpm is the same file as one of the content store, which lies in HOME. */
function linkToStore(project: Project, home: string, files: readonly string[]): void {
  const store = join(home, '.local/share/pnpm/store/v11/files/00')
  mkdirSync(store, { recursive: true })
  for (const [index, file] of files.entries()) linkSync(join(project.root, file), join(store, String(index)))
}

function lay(version: VitestVersion, { files, links }: Layout, home?: string): Project {
  const project = seedSuite(version, { ...packages, ...files })
  for (const [path, target] of Object.entries(links)) link(target, join(project.root, path))
  const stored = Object.keys(files).filter((path) => path.startsWith('node_modules/.pnpm/'))
  linkToStore(project, home ?? project.home, stored)
  return project
}

/** Needs a package `linked` that lies elsewhere, and that one's own dependency. */
const linked = fixture('linked')
const importsLinked = linked['linked.test.js'] as string
const linkedPackage = linked['linked.js'] as string
const dep3 = installed('node_modules', 'dep', says('dep 3'))

function writeAll(directory: string, files: Record<string, string>): void {
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(directory, path)), { recursive: true })
    writeFileSync(join(directory, path), content)
  }
}

/** A package outside of the workspace and what that one imports; one of another workspace, by way of a neighbour. */
function linkPackages({ root, scratch }: Project): void {
  for (const directory of ['', 'packages/app/']) writeAll(root, { [`${directory}linked.test.js`]: importsLinked })
  const [outside, other] = [join(scratch, 'linked'), join(scratch, 'other')]
  writeAll(outside, { 'package.json': manifest('linked'), 'index.js': linkedPackage, ...dep3 })
  link(outside, join(root, 'node_modules/linked'))
  writeAll(other, {
    'package.json': JSON.stringify({ workspaces: ['libs/*'] }),
    'libs/linked/package.json': manifest('linked'),
    'libs/linked/index.js': linkedPackage,
    ...dep3,
  })
  link(join(other, 'libs/linked'), join(root, 'packages/app/node_modules/linked'))
}

function moveModules({ root, scratch }: Project): void {
  const elsewhere = join(scratch, 'installed/node_modules')
  mkdirSync(dirname(elsewhere))
  renameSync(join(root, 'node_modules'), elsewhere)
  link(elsewhere, join(root, 'node_modules'))
}

describe.each(vitestVersions)('workspaces that share a run of $name', (version) => {
  const project = seedSuite(version, {})
  const laid = layouts.map(([name, layout]) => [name, layout, lay(version, layout, project.home)] as const)
  const npm = laid[0]?.[2] as Project
  linkPackages(npm)
  const modules = seedSuite(version, {
    'linked.test.js': importsLinked,
    'above.test.js': importsLinked.replace("from 'linked'", "from 'above'"),
    ...installed('node_modules', 'linked', linkedPackage),
    ...dep3,
  })
  moveModules(modules)
  writeAll(dirname(modules.root), { ...installed('node_modules', 'above', linkedPackage), ...dep3 })

  let run: VitestRun
  beforeAll(async () => {
    project.write('vitest.config.ts', configOf([...laid.map(([, , place]) => place), modules]))
    run = await vitestRun(project)
  })

  function expectPassed(place: Project, tests: string[]): void {
    expect(run.failures, run.output).toEqual({})
    const passed = Object.fromEntries(tests.map((name) => [name, 'passed']))
    expect(resultsIn(place, project, run.tests), run.output).toMatchObject(passed)
    expect(run.exitCode, run.output).toBe(0)
  }

  describe.each(laid)('%s', (_, layout, place) => {
    test('each package finds what is installed for it', () => {
      const inApp = [
        'sealed',
        'each package has what is installed for it',
        'a neighbour, through its link',
        'a file of the store',
        'a snapshot',
      ]
      expectPassed(place, [...inApp.map((name) => `packages/app/app.test.js > ${name}`), 'packages/core/core.test.js > its own dependency'])
    })

    test('what was written in a neighbour or in the store is gone; the snapshot is there', () => {
      expect(place.read('packages/core/index.js')).toBe(packages['packages/core/index.js'])
      expect(place.read(layout.lib)).toBe(lib)
      expect(statSync(join(place.root, layout.lib)).nlink).toBe(layout === pnpm ? 2 : 1)
      expect(place.list('packages/app/__snapshots__')).toEqual(['app.test.js.snap'])
      for (const [path, target] of Object.entries(layout.links)) expect(readlinkSync(join(place.root, path))).toBe(target)
    })
  })

  const testsOf = (file: string) => ['sealed', 'a linked package'].map((name) => `${file} > ${name}`)

  test('npm link: a package outside of the workspace and what that one imports; one of another workspace, by way of a neighbour', () =>
    expectPassed(npm, [...testsOf('linked.test.js'), ...testsOf('packages/app/linked.test.js')]))

  test('node_modules is a link to another place', () => expectPassed(modules, testsOf('linked.test.js')))

  test('node_modules lies above the project, where no package is', () => expectPassed(modules, testsOf('above.test.js')))
})

const writes = fixture('outside-writes')['writes.test.ts'] as string
const written = { 'writes.test.ts > sealed': 'passed', 'writes.test.ts > writes': 'passed', 'writes.test.ts > a snapshot': 'passed' }
const { 'matches.test.ts': matches = '', '__snapshots__/matches.test.ts.snap': snapshot = '' } = fixture('read-only')

async function expectSealed(project: Project, options?: Parameters<typeof vitestRun>[2], args: string[] = []): Promise<VitestRun> {
  const run = await vitestRun(project, args, options)
  expect(run.failures, run.output).toEqual({})
  expect(run.exitCode, run.output).toBe(0)
  return run
}

describe.each(oneVitest)('$name', (version) => {
  test('from inside one package the neighbours are still under the overlay', async () => {
    const laid = layouts.map(([, layout]) => lay(version, layout)) as [Project, Project]
    const [project] = laid
    const packagesOf = laid.map((place) => ({ ...place, root: join(place.root, 'packages/app') }))
    project.write('packages/app/vitest.config.ts', configOf(packagesOf))
    const run = await expectSealed(project, { cwd: join(project.root, 'packages/app') })
    for (const place of packagesOf) expect(Object.keys(resultsIn(place, project, run.tests)), run.output).toHaveLength(5)
    for (const place of laid) expect(place.read('packages/core/index.js')).toBe(packages['packages/core/index.js'])
  })

  test.each([
    ['the working directory', (path: string) => ({ cwd: path, args: [] })],
    ['--root', (path: string) => ({ cwd: '/', args: ['--root', path] })],
  ])('a project that is reached through a link: %s', async (_, reach) => {
    const project = seedTest(version, {
      'writes.test.ts': writes,
      'matches.test.ts': matches,
      '__snapshots__/matches.test.ts.snap': snapshot,
    })
    const path = join(project.scratch, 'link')
    link(project.root, path)
    const { cwd, args } = reach(path)
    const run = await expectSealed(project, { cwd, env: { WORKING_DIRECTORY: 'left alone' } }, args)
    expect(run.tests, run.output).toEqual({ ...written, 'matches.test.ts > matches': 'passed' })
    // The other one was found.
    expect(run.stdout).toMatch(/Snapshots +1 written\n/)
    expect(project.list('__snapshots__')).toEqual(['matches.test.ts.snap', 'writes.test.ts.snap'])
    expect(project.list()).not.toContain('left')
  })

  test("Yarn's Plug'n'Play: packages that only its hooks find", async () => {
    const project = seedTest(version, fixture('plug-n-play'))
    const loaded = join(project.scratch, 'loaded')
    const options = `--require ${project.root}/.pnp.cjs --experimental-loader file://${project.root}/.pnp.loader.mjs`
    const run = await expectSealed(project, { env: { NODE_OPTIONS: options, LOADED: loaded } })
    expect(run.stdout).toMatch(/Tests +4 passed \(4\)/)
    // Of the two projects, only that of `auto` says so.
    expect(run.stderr.match(/workers are launched cold: The zygote runs threads/g)).toHaveLength(1)
    // Its own packages are found in the same way.
    expect(readFileSync(loaded, 'utf8')).toMatch(/\/zygote\.js .*threads? /m)
    expect(readFileSync(loaded, 'utf8')).toMatch(/\/zygote\.js .*cold /m)
  })

  describe('a config in one place, and roots in others', () => {
    const project = seedSuite(version, { 'writes.test.ts': writes })
    const [configs, outside] = [join(dirname(project.root), 'configs'), join(project.scratch, 'outside')]
    const config = (test: object) => ({
      'package.json': '{ "type": "module" }',
      'vitest.config.ts': nsboxConfig({ test: JSON.stringify({ pool: 'nsbox', ...test }).slice(1, -1) }),
    })
    const projects = [{ extends: true, test: { name: 'root', include: ['*.test.ts'] } }, '../scratch/*/vitest.config.ts']
    writeAll(configs, config({ root: project.root, projects }))
    writeAll(outside, { ...config({ name: 'outside' }), 'writes.test.ts': writes })
    for (const directory of [configs, outside]) link(join(project.root, 'node_modules'), join(directory, 'node_modules'))

    let run: VitestRun
    beforeAll(async () => {
      run = await vitestRun(project, [], { cwd: configs })
    })

    test.each([
      ["a config's root is elsewhere", project.root],
      ['test.projects that lie outside of the workspace', outside],
    ])('%s', (_, root) => {
      const place = { ...project, root }
      expect(run.failures, run.output).toEqual({})
      expect(resultsIn(place, project, run.tests), run.output).toEqual(written)
      expect(run.exitCode, run.output).toBe(0)
      expect(readFileSync(join(root, 'writes.test.ts'), 'utf8')).toBe(writes)
      expect(readdirSync(join(root, '__snapshots__'))).toEqual(['writes.test.ts.snap'])
      expect([...readdirSync(root), ...readdirSync(configs)]).not.toContain('left')
    })
  })
})
