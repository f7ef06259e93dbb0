import { expect, test } from 'vitest'
import { addsInlineSnapshots } from '../../../plugin/snapshot-text.ts'

test.each([
  ['e(1).toMatchInlineSnapshot()', 'e(1).toMatchInlineSnapshot(`1`)'],
  ['e(1).toMatchInlineSnapshot(\n)\nf()', `e(1).toMatchInlineSnapshot(\n\`\n  \\\`1\\\`\n  \\\${2}\n\`)\nf()`],
  ['e(f).toThrowErrorMatchingInlineSnapshot()', 'e(f).toThrowErrorMatchingInlineSnapshot(`[Error: x]`)'],
  ['e({}).toMatchInlineSnapshot({ a: e.any(Number) })', 'e({}).toMatchInlineSnapshot({ a: e.any(Number) }, `{}`)'],
  ['e({}).toMatchInlineSnapshot({\n  a: {},\n},\n)', 'e({}).toMatchInlineSnapshot({\n  a: {},\n}, `{}`)'],
  ['e(1).toMatchInlineSnapshot()\ne(2).toMatchInlineSnapshot()', 'e(1).toMatchInlineSnapshot()\ne(2).toMatchInlineSnapshot(`2`)'],
  [`e("it's").toMatchInlineSnapshot() // it's`, `e("it's").toMatchInlineSnapshot(\`it's\`) // it's`],
  [`e('https://x').toMatchInlineSnapshot()`, `e('https://x').toMatchInlineSnapshot(\`x\`)`],
  ['/** Helps. */\ne(`1`).toMatchInlineSnapshot()', '/** Helps. */\ne(`1`).toMatchInlineSnapshot(`1`)'],
])('%j gets a snapshot: %j', (before, after) => {
  expect(addsInlineSnapshots(before, after)).toBe(true)
})

test.each([
  ['f()\ne(1).toMatchInlineSnapshot()', 'g()\ne(1).toMatchInlineSnapshot(`1`)'],
  ['e(1).toMatchInlineSnapshot()', 'e(1).toMatchInlineSnapshot(`1`)\ng()'],
  ['e(1).toMatchInlineSnapshot()', `e(1).toMatchInlineSnapshot(\`\${g()}\`)`],
  ['e(1).toMatchInlineSnapshot()', 'e(1).toMatchInlineSnapshot(`1`, g())'],
  ['e(1).toMatchInlineSnapshot()', 'e(1).toMatchInlineSnapshot(g())'],
  ['e(1).toMatchInlineSnapshot(`1`)', 'e(1).toMatchInlineSnapshot(`2`)'],
  ['f({})', 'f({}, `1`)'],
  ['// toMatchInlineSnapshot()', '// toMatchInlineSnapshot(`\ng()\n`)'],
  ['/* toMatchInlineSnapshot() */', '/* toMatchInlineSnapshot(`*/g()/*`) */'],
  ['/*\n toMatchInlineSnapshot() */', '/*\n toMatchInlineSnapshot(`*/g()/*`) */'],
  ["x = 'toMatchInlineSnapshot()'", "x = 'toMatchInlineSnapshot(`'+g()+'`)'"],
  ['x = `\ntoMatchInlineSnapshot()`', 'x = `\ntoMatchInlineSnapshot(`+g()+`)`'],
])('%j does not become %j', (before, after) => {
  expect(addsInlineSnapshots(before, after)).toBe(false)
})

test('nothing is added', () => {
  expect(addsInlineSnapshots('f()', 'f()')).toBe(true)
})
