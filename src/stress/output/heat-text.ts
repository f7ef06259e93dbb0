// A heat map in characters.

import type { Rate } from '../results.ts'
import type { HeatMap } from './heat-map.ts'
import { percent, rateWords, shown } from './words.ts'

/** From no failure to nothing else, as colours of a terminal's 256: background and foreground. */
const colours: readonly [number, number][] = [
  [254, 16],
  [229, 16],
  [222, 16],
  [215, 16],
  [208, 16],
  [202, 16],
  [160, 231],
  [88, 231],
]
const shades = [' ', '░', '▒', '▓', '█']

export interface HeatTextOptions {
  color: boolean
  columns: number
}

/** Figures where there is room for them; a line for each cell where there is none for a map. */
export function heatText(map: HeatMap, { color, columns }: HeatTextOptions): string[] {
  const [x, y, rows] = [shownAxis(map.x), map.y && shownAxis(map.y), map.rows]
  const labels = y?.labels ?? ['']
  const left = Math.max(...labels.map((label) => label.length), y?.title.length ?? 0) + 4
  const widest = Math.max(...x.labels.map((label) => label.length))
  const width = [9, 6].map((least) => Math.max(least, widest + 2)).find((one) => left + one * x.labels.length + x.title.length <= columns)
  if (width === undefined) return listed({ ...map, x, y })
  const cell = (rate: Rate | undefined) => (color ? coloured(rate, width) : shaded(rate, width))
  // As in a plot, the origin is below on the left.
  const lines = rows.map((row, at) => `  ${(labels[at] as string).padStart(left - 4)}  ${row.map(cell).join('')}`.trimEnd()).reverse()
  const below = `${' '.repeat(left)}${x.labels.map((label) => centred(label, width)).join('')} ${x.title}`
  return [...(y ? [`  ${y.title.padStart(left - 4)}`] : []), ...lines, below]
}

function shownAxis(axis: HeatMap['x']): HeatMap['x'] {
  return { knob: axis.knob, title: shown(axis.title), labels: axis.labels.map(shown) }
}

function coloured(rate: Rate | undefined, width: number): string {
  const text = centred(rate ? figure(rate, width) : '·', width - 1)
  if (!rate) return `${text} `
  const [background, foreground] = pick(colours, rate)
  return `\x1b[48;5;${background};38;5;${foreground}m${text}\x1b[0m `
}

function shaded(rate: Rate | undefined, width: number): string {
  if (!rate) return centred('·', width)
  const shade = pick(shades, rate).repeat(2)
  return `${shade}${figure(rate, width).padStart(width - 3)} `
}

function figure({ failed, runs }: Rate, width: number): string {
  const words = percent(failed / runs)
  return width < 9 ? words.replace(' %', '') : words
}

/** The first for none alone, the last for all alone. */
function pick<T>(from: readonly T[], { failed, runs }: Rate): T {
  if (failed === 0) return from[0] as T
  if (failed === runs) return from.at(-1) as T
  return from[1 + Math.floor((failed / runs) * (from.length - 2))] as T
}

function listed({ x, y, rows }: HeatMap): string[] {
  return rows.flatMap((row, down) =>
    row.flatMap((rate, across) => {
      const place = `${x.knob}=${x.labels[across]}${y ? `,${y.knob}=${y.labels[down]}` : ''}`
      return rate ? [`  ${place}`, `    ${rateWords(rate)}`] : []
    }),
  )
}

function centred(text: string, width: number): string {
  const left = Math.max(0, Math.floor((width - text.length) / 2))
  return `${' '.repeat(left)}${text}`.padEnd(width)
}
