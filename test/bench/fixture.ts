// Throwaway projects of generated test files.

import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { dir } from 'tmp-promise'
import { repository } from './report.ts'

export type Environment = 'node' | 'jsdom'

export interface Fixture {
  path: string
  remove(): Promise<void>
}

/** A project of test files, each made by `source` from its number. */
export async function fixture(environment: Environment, files: number, source: (number: number) => string): Promise<Fixture> {
  const { path, cleanup } = await dir({ prefix: 'nsbox-bench', unsafeCleanup: true })
  mkdirSync(join(path, 'node_modules'))
  for (const [name, target] of Object.entries({ nsbox: repository, vitest: packageOf('vitest'), jsdom: packageOf('jsdom') }))
    symlinkSync(target, join(path, 'node_modules', name))
  writeFileSync(join(path, 'package.json'), JSON.stringify({ private: true, type: 'module' }))
  const test = `test: { environment: '${environment}', testTimeout: 60_000 }`
  // Pools other than nsbox do without the plugin: loading it takes time.
  writeFileSync(join(path, 'plain.config.js'), `${reportCpu}\nexport default { ${test} }\n`)
  writeFileSync(
    join(path, 'nsbox.config.js'),
    `import nsbox from 'nsbox/vitest'\n\n${reportCpu}\nexport default { plugins: [nsbox()], ${test} }\n`,
  )
  for (let number = 1; number <= files; number++) writeFileSync(join(path, `file-${number}.test.js`), source(number))
  return { path, remove: cleanup }
}

/** In vitest's main process: what it used itself. */
const reportCpu = `process.on('exit', () => {
  const { user, system } = process.cpuUsage()
  process.stdout.write(\`\\nnsbox-bench main CPU \${(user + system) / 1e6}\\n\`)
})
`

export const trivial = (number: number): string => `import { expect, test } from 'vitest'

test('adds', () => {
  expect(${number} + 1).toBe(${number + 1})
})
`

export const rendering = (number: number): string => `import { expect, test } from 'vitest'

test('renders', () => {
  document.body.innerHTML = '<main><h1>Page ${number}</h1><ul></ul></main>'
  for (let index = 0; index < 20; index++) {
    const item = document.createElement('li')
    item.textContent = 'item ' + index
    document.querySelector('ul').append(item)
  }
  expect(document.querySelectorAll('main > ul > li')).toHaveLength(20)
  expect(document.querySelector('h1').textContent).toBe('Page ${number}')
})
`

/** The same, and what its process used so far: the kernel forgets the CPU time of a payload that is killed with its init. */
export const reporting =
  (source: (number: number) => string) =>
  (number: number): string =>
    `${source(number)}
import { afterAll } from 'vitest'

afterAll(() => {
  const { user, system } = process.cpuUsage()
  process.stdout.write(\`\\nnsbox-bench worker CPU \${(user + system) / 1e6}\\n\`)
})
`

/** Hot loops for the compiler and short-lived objects for the collector: both can work on another core. */
export const computing = (number: number): string => `import { expect, test } from 'vitest'

class Point {
  constructor(x, y) {
    this.x = x
    this.y = y
  }
  plus(other) {
    return new Point(this.x + other.x, this.y + other.y)
  }
}

function allocate(rounds) {
  const kept = new Map()
  for (let index = 0; index < rounds; index++) {
    const point = new Point(index, ${number}).plus(new Point(1, index % 7))
    kept.set('key' + (index % 20000), { point, list: [index, index + 1, index + 2], text: \`\${index}:\${point.x}\` })
  }
  return kept.size
}

function sieve(limit) {
  const composite = new Uint8Array(limit)
  let primes = 0
  for (let candidate = 2; candidate < limit; candidate++) {
    if (composite[candidate]) continue
    primes++
    for (let multiple = candidate * 2; multiple < limit; multiple += candidate) composite[multiple] = 1
  }
  return primes
}

function sortObjects(count) {
  const people = Array.from({ length: count }, (_, index) => ({ name: 'person ' + ((index * 7919) % count), age: index % 90 }))
  people.sort((a, b) => a.age - b.age || (a.name < b.name ? -1 : 1))
  return JSON.parse(JSON.stringify(people)).length
}

test('allocates', () => {
  expect(allocate(1_200_000)).toBe(20_000)
})

test('loops', () => {
  for (let round = 0; round < 4; round++) expect(sieve(3_000_000)).toBe(216_816)
})

test('sorts', () => {
  expect(sortObjects(120_000)).toBe(120_000)
})
`

/** Says on stdout that it runs, and stays for a while. */
export const waiting = (marker: string, milliseconds: number) => (): string =>
  `import { expect, test } from 'vitest'

test('waits', async () => {
  if (typeof document === 'object') document.body.innerHTML = '<p>waiting</p>'
  process.stdout.write('${marker}\\n')
  await new Promise((resolve) => setTimeout(resolve, ${milliseconds}))
  expect(1).toBe(1)
})
`

function packageOf(name: string): string {
  return dirname(createRequire(import.meta.url).resolve(`${name}/package.json`))
}
