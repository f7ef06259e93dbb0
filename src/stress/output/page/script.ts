// What the page does: copies, filters, sorts, shows another heat map, and opens figures for paper. It is whole without.

export const script: string = `
'use strict'
const all = (selector, within = document) => [...within.querySelectorAll(selector)]
const one = (selector) => document.querySelector(selector)

async function copy(text) {
  try {
    await navigator.clipboard.writeText(text)
  } catch {
    // Pages that are no secure context have no clipboard of their own.
    const area = document.createElement('textarea')
    area.value = text
    document.body.append(area)
    area.select()
    const copied = document.execCommand('copy')
    area.remove()
    if (!copied) throw new Error('copying is not allowed here')
  }
}

for (const button of all('.copy')) {
  button.addEventListener('click', async () => {
    const said = await copy(button.dataset.copy).then(() => 'Copied', () => 'Not allowed')
    button.textContent = said
    button.classList.toggle('done', said === 'Copied')
    one('#said').textContent = said
    setTimeout(() => {
      button.textContent = 'Copy'
      button.classList.remove('done')
    }, 1600)
  })
}

const filter = one('#filter')
const chips = all('.chip')
function show() {
  const words = filter.value.toLowerCase().split(/\\s+/).filter(Boolean)
  const verdicts = new Set(chips.filter((chip) => chip.getAttribute('aria-pressed') === 'true').map((chip) => chip.dataset.verdict))
  for (const part of all('[data-text]')) {
    const { text, verdict } = part.dataset
    part.hidden = !words.every((word) => text.includes(word)) || (verdict !== undefined && !verdicts.has(verdict))
  }
  const rows = all('.tests tbody tr')
  const left = rows.filter((row) => !row.hidden).length
  one('#shown').textContent = (left === rows.length ? '' : left + ' of ') + rows.length + (rows.length === 1 ? ' test' : ' tests')
}
filter.addEventListener('input', show)
for (const chip of chips) {
  chip.addEventListener('click', () => {
    chip.setAttribute('aria-pressed', String(chip.getAttribute('aria-pressed') !== 'true'))
    show()
  })
}

for (const button of all('[data-sort]')) {
  button.addEventListener('click', () => {
    const head = button.parentElement
    const was = head.getAttribute('aria-sort')
    const order = was === 'none' ? button.dataset.first : was === 'ascending' ? 'descending' : 'ascending'
    for (const other of head.parentElement.children) other.setAttribute('aria-sort', 'none')
    head.setAttribute('aria-sort', order)
    const column = [...head.parentElement.children].indexOf(head)
    const keyOf = (row) => row.children[column].dataset.key
    const compare = (a, b) => (isNaN(a) || isNaN(b) ? a.localeCompare(b) : a - b)
    const body = one('.tests tbody')
    const rows = all('tr', body).sort((a, b) => compare(keyOf(a), keyOf(b)) * (order === 'ascending' ? 1 : -1))
    body.append(...rows)
  })
}

one('#heat-of')?.addEventListener('change', (event) => {
  for (const map of all('.heat-map')) map.hidden = map.dataset.heat !== event.target.value
})

let opened = []
addEventListener('beforeprint', () => {
  opened = all('details:not([open])').filter((part) => !part.matches('.failure'))
  for (const part of opened) part.open = true
})
addEventListener('afterprint', () => {
  for (const part of opened) part.open = false
})
`
