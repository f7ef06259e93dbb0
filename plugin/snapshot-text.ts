// What vitest writes as a snapshot is data. These tell it from code, by the text alone.

/** True for a file of snapshots as vitest writes it: vitest evaluates them, and outside of sandboxes too. */
export function isSnapshotData(text: string): boolean {
  const header = /^(?:\/\/.*\n)?/.exec(text) as RegExpExecArray
  let at = afterSpace(text, header[0].length)
  while (at < text.length) {
    const key = afterLiteral(text, after(text, at, 'exports['))
    const value = afterLiteral(text, after(text, key, '] = '))
    at = afterSpace(text, after(text, value, ';'))
    if (at === -1) return false
  }
  return true
}

/** -1 where it is not there. */
function after(text: string, at: number, word: string): number {
  return at !== -1 && text.startsWith(word, at) ? at + word.length : -1
}

function afterSpace(text: string, at: number): number {
  if (at === -1) return -1
  const space = /\s*/y
  space.lastIndex = at
  space.test(text)
  return space.lastIndex
}

/** The end of the template literal at `at`, in which nothing is evaluated. -1 for anything else. */
function afterLiteral(text: string, at: number): number {
  if (at === -1 || text[at] !== '`') return -1
  const special = /[`\\]|\$\{/g
  special.lastIndex = at + 1
  for (let found = special.exec(text); found; found = special.exec(text)) {
    if (found[0] === '`') return found.index + 1
    if (found[0] === '${') return -1
    special.lastIndex = found.index + 2
  }
  return -1
}

/** Where an inline snapshot can be added. */
interface Site {
  at: number
  /** What is between is replaced. */
  to: number
  /** Written before it. */
  lead: string
}

/** True when new inline snapshots are all that was added to a module, as vitest adds them. */
export function addsInlineSnapshots(before: string, text: string): boolean {
  let [from, at] = [0, 0]
  for (const site of sitesOf(before)) {
    const between = before.slice(from, site.at)
    if (!text.startsWith(between, at)) return false
    ;[from, at] = [site.at, at + between.length]
    const end = afterLiteral(text, after(text, at, site.lead))
    if (end !== -1 && text[end] === ')') [from, at] = [site.to, end]
  }
  return before.slice(from) === text.slice(at)
}

/** Calls without a snapshot: their last argument, if any, is an object. */
const call = /InlineSnapshot\s*\(\s*(?=[){])/g

function sitesOf(code: string): Site[] {
  return [...code.matchAll(call)].flatMap(({ 0: { length }, index }): Site[] => {
    const at = index + length
    if (!isInCode(code, index)) return []
    if (code[at] === ')') return [{ at, to: at, lead: '' }]
    const shapeEnd = endOfShape(code, at)
    const to = shapeEnd + (/^\s*,?\s*/.exec(code.slice(shapeEnd)) as RegExpExecArray)[0].length
    return code[to] === ')' ? [{ at: shapeEnd, to, lead: ', ' }] : []
  })
}

/** As vitest counts. */
function endOfShape(code: string, at: number): number {
  let [depth, end] = [0, at]
  do {
    if (code[end] === '{') depth++
    if (code[end] === '}') depth--
    end++
  } while (depth > 0 && end < code.length)
  return end
}

/** False in comments and strings, where a snapshot's text would be code, and where that is not clear. */
function isInCode(code: string, at: number): boolean {
  const before = code
    .slice(0, at)
    .replace(/\\./gs, '')
    .replace(/'[^'\n]*'|"[^"\n]*"/g, '')
  const line = before.slice(before.lastIndexOf('\n') + 1)
  if (/['"]|\/\/|^\s*\*/.test(line)) return false
  return before.split('`').length % 2 === 1 && before.lastIndexOf('/*') <= before.lastIndexOf('*/')
}
