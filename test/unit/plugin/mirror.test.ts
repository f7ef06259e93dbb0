import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type Mirrored, mirrorFile as mirror } from '../../../plugin/mirror-place.ts'
import { isWithin } from '../../../src/plan/paths.ts'
import { readReal, removeReal, writeReal } from '../../../src/sys/real-file.ts'

let base: string
let workspace: string

const endings = ['', '.js', '.mjs', '.ts', '.mts', '.tsx', '.json']

interface Told extends Partial<Omit<Mirrored, 'executed' | 'isShared'>> {
  /** A directory that the sandbox was let in to. */
  letIn?: string
  /** Files that the main process runs. */
  executed?: string[]
}

function mirrorFile(path: string, content: string | null, { executed: files = [], letIn, ...more }: Told = {}): string {
  const mirrored: Mirrored = {
    workspaces: [workspace],
    executed: () => ({ files, endings }),
    isShared: (real) => letIn !== undefined && isWithin(real, letIn),
    update: 'new',
    owner: 'nobody',
    ...more,
  }
  return mirror(mirrored, path, content === null ? null : Buffer.from(content))
}

/** As vitest writes it. */
const data = `// Vitest Snapshot v1, https://vitest.dev/guide/snapshot.html\n\nexports[\`a > \\\`b\\\` 1\`] = \`\n{\n  "\\\${x}",\n}\n\`;\n`

beforeEach(() => {
  base = realpathSync(mkdtempSync(join(tmpdir(), 'nsbox-unit-')))
  workspace = join(base, 'workspace')
  mkdirSync(workspace)
})
afterEach(() => rmSync(base, { recursive: true }))

test('the snapshots of a file are written with their directories, and removed where they are updated', () => {
  const path = join(workspace, '__snapshots__', 'a.snap')
  mirrorFile(path, data, { owner: 'snapshots' })
  expect(readFileSync(path, 'utf8')).toBe(data)
  expect(() => mirrorFile(path, null, { owner: 'snapshots' })).toThrow(notUpdated)
  mirrorFile(path, null, { owner: 'snapshots', update: 'all' })
  expect(existsSync(path)).toBe(false)
})

test('those of another file are neither written nor removed, and neither is the file', () => {
  const path = join(workspace, 'b.test.ts.snap')
  for (const content of [data, null]) {
    expect(() => mirrorFile(path, content, { owner: 'another', update: 'all' })).toThrow(/snapshots of another test file/)
  }
  writeFileSync(path, 'raw')
  expect(() => mirrorFile(path, null, { update: 'all' })).toThrow(notUpdated)
})

test.each([
  'process.exit()',
  `${data}process.exit()`,
  `exports[\`a\`] = \`\${process.exit()}\`;`,
  '// x\u2028process.exit()\n',
  'exports[`a`] = process;',
])('a file of snapshots is data: %j is not', (content) => {
  const path = join(workspace, 'a.snap')
  expect(() => mirrorFile(path, content, { owner: 'snapshots', update: 'all' })).toThrow(/something else in it/)
  expect(existsSync(path)).toBe(false)
})

test.each(['outside.snap', 'workspace-twin/a.snap', 'workspace/../outside.snap'])('%s is refused', (name) => {
  expect(() => mirrorFile(join(base, name), 'x')).toThrow(expect.objectContaining({ code: 'ERR_NSBOX_MIRROR' }))
  expect(existsSync(join(base, name))).toBe(false)
})

test('a path that is refused forges no line', () => {
  const odd = 'odd\u001b[31m\nnsbox: forged'
  const shown = 'odd\\u{1b}[31m\\nnsbox: forged"'
  for (const [path, update] of [
    [join(base, odd), 'new'],
    [join(workspace, 'node_modules', odd), 'new'],
    [join(workspace, `${odd}.snap`), 'none'],
  ] as const) {
    expect(() => mirrorFile(path, 'x', { update })).toThrow(shown.replace('"', path.endsWith('.snap') ? '.snap"' : '"'))
  }
})

test('a link of the host that leads outside is refused', () => {
  symlinkSync(base, join(workspace, 'link'))
  expect(() => mirrorFile(join(workspace, 'link', 'a.snap'), 'x')).toThrow(/outside the workspace/)
})

test('a file that is a link to outside is not written through', () => {
  writeFileSync(join(base, 'victim'), 'mine')
  symlinkSync(join(base, 'victim'), join(workspace, 'a.snap'))
  expect(() => mirrorFile(join(workspace, 'a.snap'), 'x')).toThrow(/outside the workspace/)
  expect(readFileSync(join(base, 'victim'), 'utf8')).toBe('mine')
})

test('a link to what is not there is not written through', () => {
  symlinkSync(join(base, 'new'), join(workspace, 'a.txt'))
  symlinkSync(join(base, 'new'), join(workspace, 'directory'))
  for (const name of ['a.txt', 'directory/a.txt']) expect(() => mirrorFile(join(workspace, name), 'x', { update: 'all' })).toThrow()
  expect(existsSync(join(base, 'new'))).toBe(false)
})

const run = /where programs of the host look for what they run/
const notUpdated = /in a run that does not update it/

test.each([
  '.git/config',
  'sub/.git/hooks/a.snap',
  'node_modules/vitest/index.snap',
  '.vscode/tasks.json',
  '.npmrc',
  'package.json',
  'packages/new/package.json',
  'vite.config.ts',
  'app/tsconfig.build.json',
  'Makefile',
  'pnpm-lock.yaml',
  'native/binding.gyp',
  'index.node',
  'theme.less',
  '__snapshots__/out.scss',
  'docker-compose.yml',
  'compose.override.yaml',
  'lefthook.yml',
  'bunfig.toml',
  'project.json',
  'angular.json',
  'package.yaml',
  'pnpm-workspace.yaml',
  'postcss.config.json',
  'conftest.py',
  'gulpfile.mjs',
  'gulpfile.js/index.js',
  'eslint.config.js/__snap/index.js',
  'GNUmakefile',
  'Dockerfile.dev',
  'rules.mk',
  'app.code-workspace',
  'app/snapshots/package.json',
  'packages/snapdom/Makefile',
  '.github/snapshots/x.yml',
  'flake.lock',
  'magefile.go',
  'infra/main.tf',
  'ansible.cfg',
  'tslint.json',
  'deps.edn',
  'Makefile.PL',
])('%s is not written: the host runs what is there', (name) => {
  expect(() => mirrorFile(join(workspace, name), 'x', { update: 'all' })).toThrow(run)
  expect(existsSync(join(workspace, name))).toBe(false)
})

test.each([
  '.storybook/__snapshots__/a.snap',
  '__snapshots__/vite.config.ts',
  'app/__file_snapshots__/package.json',
  'block.json',
  'expected.js',
  'fixtures/output/index.ts',
  'Profile.html',
  'compose.ts',
  'dist.cjs',
  'file-lock/out.txt',
  'lock.txt',
  'yarn.lock.txt',
  'expected-lock.html',
  'build.html',
  'makefiles/a.txt',
  'python/__init__.py',
  'knex.ts',
])('%s is written', (name) => {
  mirrorFile(join(workspace, name), 'x')
  expect(readFileSync(join(workspace, name), 'utf8')).toBe('x')
})

test('neither a program nor a module of the config is written', () => {
  const [program, module] = [join(workspace, 'run'), join(workspace, 'shared.ts')]
  writeFileSync(program, '', { mode: 0o755 })
  writeFileSync(module, '')
  expect(() => mirrorFile(program, 'x', { update: 'all' })).toThrow(run)
  for (const owner of ['nobody', 'test'] as const) {
    expect(() => mirrorFile(module, 'x', { update: 'all', owner, executed: [module] })).toThrow(/a module that vitest's main process runs/)
  }
})

describe('a new file that an import would find in place of a module that the main process runs', () => {
  let executed: string[]
  beforeEach(() => {
    executed = ['helper.tsx', 'setup/index.ts', 'plugin/src/main.ts', 'data.json'].map((name) => join(workspace, name))
    mkdirSync(join(workspace, 'plugin'))
    writeFileSync(join(workspace, 'plugin/package.json'), '{ "main": "src/main.ts" }')
  })

  test.each([
    'helper',
    'helper.js',
    'helper.mts',
    'helper.json',
    'setup.js',
    'setup/index.mjs',
    'plugin.ts',
    'plugin/src/main.js',
    'data.ts',
  ])('%s is not written', (name) => {
    expect(() => mirrorFile(join(workspace, name), 'x', { executed })).toThrow(/where an import would find it first/)
    expect(existsSync(join(workspace, name))).toBe(false)
  })

  test.each([
    'helper.css',
    'helper.test.js',
    'helpers.js',
    'other/helper.js',
    'setup/main.js',
    'plugin/src.js',
    'plugin/index.js',
    'data.txt',
  ])('%s is written', (name) => {
    mirrorFile(join(workspace, name), 'x', { executed })
    expect(readFileSync(join(workspace, name), 'utf8')).toBe('x')
  })
})

test('what vitest would not update stays', () => {
  const [source, own, named] = ['source.ts', 'a.test.ts', 'a.snap'].map((name) => join(workspace, name)) as [string, string, string]
  for (const path of [source, own, named]) writeFileSync(path, 'old')
  expect(() => mirrorFile(source, 'new')).toThrow(notUpdated)
  for (const [path, owner] of [
    [own, 'test'],
    [named, 'named'],
  ] as const) {
    expect(() => mirrorFile(path, 'new', { owner, update: 'none' })).toThrow(notUpdated)
    mirrorFile(path, 'new', { owner })
  }
  mirrorFile(source, 'new', { update: 'all' })
  expect([source, own, named].map((path) => readFileSync(path, 'utf8'))).toEqual(['new', 'new', 'new'])
})

describe('what git would take for a repository', () => {
  const repository = /where git would find a repository/

  beforeEach(() => {
    for (const name of ['bare/HEAD', 'linked/HEAD', 'plain/HEAD/x', 'plain/refs/x', 'lonely/HEAD']) writeReal(join(workspace, name), 'x')
    mkdirSync(join(workspace, 'bare/objects'))
    writeReal(join(workspace, 'linked/commondir'), '../elsewhere')
  })

  test.each([
    'HEAD',
    'fixtures/HEAD',
    'bare/config',
    'bare/__snapshots__/x',
    'bare/a.snap',
    'linked/config',
    'lonely/objects/x',
    'lonely/refs/heads/x',
    'lonely/commondir',
  ])('%s is not written', (name) => {
    for (const owner of ['nobody', 'snapshots'] as const) {
      expect(() => mirrorFile(join(workspace, name), data, { update: 'all', owner })).toThrow(repository)
    }
  })

  test.each(['fixtures/objects/x', 'fixtures/refs/x', 'fixtures/config', 'plain/objects/x', 'lonely/head.txt', 'HEAD.html', 'HEAD/x'])(
    '%s is written',
    (name) => {
      mirrorFile(join(workspace, name), 'x')
      expect(readReal(join(workspace, name))).toBe('x')
    },
  )
})

test('where the sandbox was let in it has written, and the host writes nothing, whatever the name and the place', () => {
  const letIn = join(base, 'images')
  mkdirSync(letIn)
  symlinkSync(letIn, join(workspace, 'link'))
  for (const [name, content] of [
    ['link/package.json', 'x'],
    ['link/.git/config', 'x'],
    ['link/a.snap', null],
  ] as const) {
    expect(mirrorFile(join(workspace, name), content, { letIn, owner: 'another', update: 'none' })).toBe(
      join(letIn, name.slice('link/'.length)),
    )
  }
  expect(readdirSync(letIn)).toEqual([])
  // A link there to elsewhere is elsewhere.
  symlinkSync(workspace, join(letIn, 'out'))
  expect(() => mirrorFile(join(letIn, 'out/package.json'), 'x', { letIn })).toThrow(run)
})

test('a real path with a link in its way is neither written, read nor removed', () => {
  const victim = join(base, 'victim')
  mkdirSync(victim)
  writeFileSync(join(victim, 'kept'), 'kept')
  symlinkSync(victim, join(workspace, 'way'))
  symlinkSync(join(victim, 'kept'), join(workspace, 'file'))
  for (const name of ['way/kept', 'way/new', 'way/new/new']) expect(() => writeReal(join(workspace, name), 'x'), name).toThrow()
  expect(() => writeReal(join(workspace, 'file'), 'x')).toThrow()
  expect(() => readReal(join(workspace, 'way/kept'))).toThrow()
  expect(() => readReal(join(workspace, 'file'))).toThrow()
  expect(() => removeReal(join(workspace, 'way/kept'))).toThrow()
  expect([readdirSync(victim), readFileSync(join(victim, 'kept'), 'utf8')]).toEqual([['kept'], 'kept'])
})

test('what is no file is not waited for', () => {
  execFileSync('mkfifo', [join(workspace, 'fifo')])
  expect(() => writeReal(join(workspace, 'fifo'), 'x')).toThrow()
  expect(() => readReal(join(workspace, 'fifo'))).toThrow(/not a file/)
})

test('a file that is replaced is as long as what it has', () => {
  const path = join(workspace, 'a/b/c')
  writeReal(path, 'longer')
  writeReal(path, 'short')
  expect(readReal(path)).toBe('short')
  for (const name of ['a/b/c', 'a/b/c', 'no/way']) removeReal(join(workspace, name))
  expect(existsSync(path)).toBe(false)
})
