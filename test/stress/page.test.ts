// Promise: the page of a campaign works where it is opened, is wholly in its file, and nothing that a test says becomes a part of it.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeEach, describe, expect, test } from 'vitest'
import { pageOf } from '../../src/stress/output/page.ts'
import { Chromium, type Page } from '../support/chromium.ts'
import { needProgram } from '../support/programs.ts'
import { gridResults, hostileResults, results } from '../support/stress-results.ts'

const directory = mkdtempSync(join(tmpdir(), 'nsbox-test-page-'))
const pages = { grid: gridResults(), hostile: hostileResults(), empty: results({ attempts: [], tests: [] }) }
for (const [name, content] of Object.entries(pages)) writeFileSync(join(directory, `${name}.html`), pageOf(content))
let chromium: Chromium | undefined
beforeEach((context) => {
  needProgram(context, 'chromium')
  chromium ??= Chromium.start()
})
afterAll(async () => {
  await chromium?.end()
  rmSync(directory, { recursive: true })
})

async function withPage(name: keyof typeof pages, width: number, use: (page: Page) => Promise<void>): Promise<void> {
  const page = await (chromium as Chromium).open(join(directory, `${name}.html`), { width })
  await use(page)
  expect(page.complaints).toEqual([])
  expect(page.requests.map((url) => url.replace(/.*\//, ''))).toEqual([`${name}.html`])
  await page.close()
}

/** Of the rows that are shown. */
const names = `[...document.querySelectorAll('.tests tbody tr')].filter((row) => row.checkVisibility()).map((row) => row.querySelector('.name').textContent)`

describe('a grid', () => {
  test('has a button that copies the recipe', () =>
    withPage('grid', 1280, async (page) => {
      const copied = await page.evaluate<string>(`(async () => {
        const button = document.querySelector('.repro .copy')
        button.click()
        while (button.textContent === 'Copy') await new Promise((next) => setTimeout(next, 10))
        return [button.textContent, await navigator.clipboard.readText()]
      })()`)
      expect(copied).toEqual([
        'Copied',
        expect.stringMatching(/^nsbox repro 'src\/cart\.test\.ts > cart > is saved after the debounce' --recipe n1:.*seed=\d+$/),
      ])
    }))

  test('has tests that are filtered by words and verdicts, and sorted', () =>
    withPage('grid', 1280, async (page) => {
      const all = await page.evaluate<string[]>(names)
      expect(all).toEqual(['cart > is saved after the debounce', 'the file as a whole', 'cart > adds', 'cart > exports a large order'])
      await page.evaluate(`filter.value = 'CART.test exports'; filter.dispatchEvent(new Event('input'))`)
      expect(await page.evaluate(names)).toEqual(['cart > exports a large order'])
      expect(await page.evaluate(`document.querySelector('#shown').textContent`)).toBe('1 of 4 tests')
      await page.evaluate(`filter.value = ''; document.querySelector('.chip[data-verdict=PASS]').click()`)
      expect(await page.evaluate(names)).toEqual(all.slice(0, 2))
      await page.evaluate(`document.querySelector('.chip[data-verdict=PASS]').click(); document.querySelector('[data-sort=name]').click()`)
      expect(await page.evaluate(names)).toEqual([all[1], all[2], all[3], all[0]])
      await page.evaluate(`document.querySelector('[data-sort=rate]').click()`)
      expect((await page.evaluate<string[]>(names))[0]).toBe(all[0])
      expect(await page.evaluate(`document.querySelector('[data-sort=rate]').parentElement.ariaSort`)).toBe('descending')
    }))

  test('has a heat map of each test that failed', () =>
    withPage('grid', 1280, async (page) => {
      const shown = `[...document.querySelectorAll('.heat-map')].filter((map) => map.checkVisibility()).map((map) => map.querySelector('caption').textContent)`
      expect(await page.evaluate(shown)).toEqual([
        expect.stringMatching(/^Failure rate of all tests by cpu over 1s across and memory down/),
      ])
      await page.evaluate(
        `(() => { const select = document.querySelector('#heat-of'); select.value = '1'; select.dispatchEvent(new Event('change')) })()`,
      )
      expect(await page.evaluate(shown)).toEqual([expect.stringContaining('is saved after the debounce')])
    }))

  test('tells its figures to who cannot see them', () =>
    withPage('grid', 1280, async (page) => {
      const untold = `[...document.querySelectorAll('svg')].filter((svg) => svg.ariaHidden !== 'true' && !(svg.role === 'img' && svg.querySelector('title').textContent && svg.querySelector('desc').textContent)).length`
      expect(await page.evaluate(untold)).toBe(0)
      expect(
        await page.evaluate(`[...document.querySelectorAll('figure')].map((figure) => figure.querySelectorAll('table tbody tr').length)`),
      ).toEqual([5, 5, 5, 5])
      const { nodes } = (await page.send('Accessibility.getFullAXTree')) as {
        nodes: { role?: { value: string }; name?: { value: string } }[]
      }
      const unnamed = nodes.filter(
        ({ role, name }) => ['button', 'combobox', 'searchbox', 'link'].includes(role?.value ?? '') && !name?.value,
      )
      expect(unnamed).toEqual([])
    }))
})

test.each(['grid', 'hostile', 'empty'] as const)('%s does not have to be scrolled sideways', (name) =>
  withPage(name, 1280, async (page) => {
    await page.evaluate(`document.querySelectorAll('details').forEach((part) => { part.open = true })`)
    for (const width of [1280, 390, 320]) {
      await page.resize({ width })
      const [inner, wide, there] = await page.evaluate<number[]>(
        '[innerWidth, document.documentElement.scrollWidth, document.documentElement.clientWidth]',
      )
      expect(inner).toBe(width)
      expect(wide).toBe(there)
    }
  }),
)

test('what tests say stays text', () =>
  withPage('hostile', 1280, async (page) => {
    expect(await page.evaluate(`[document.title, document.images.length, document.scripts.length]`)).toEqual([
      '2 flaky of 2 tests – nsbox stress',
      0,
      1,
    ])
    expect(await page.evaluate<string[]>(names)).toContainEqual(
      expect.stringMatching(/^<img src=x onerror="document\.title=1">'"&amp;<\/script><!--/),
    )
  }))
