// Which layers lie on which overlay: plain directories on the first, kept changes where they were made.

import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { isWithin } from '../plan/paths.ts'
import { existingDirectory, wrong } from './paths.ts'

/** By overlay, the first on top. @throws NsboxError ERR_NSBOX_CONFIG for a layer that fits on none */
export async function layersOf(layers: readonly string[], overlays: readonly string[], cwd: string): Promise<Record<string, string[]>> {
  const found: Record<string, string[]> = {}
  for (const layer of layers) {
    const directory = existingDirectory('layers', layer, cwd)
    for (const [overlay, directories] of await placesOf(layer, directory, overlays)) {
      for (const one of directories) requireApart(layer, one, overlay)
      found[overlay] = [...(found[overlay] ?? []), ...directories]
    }
  }
  return found
}

/** The kernel answers ELOOP for a lower directory that lies in another. */
function requireApart(layer: string, directory: string, overlay: string): void {
  if (isWithin(directory, overlay) || isWithin(overlay, directory))
    throw wrong('layers', layer, `it lies in ${overlay} itself; a layer has to lie elsewhere, beside it`)
}

async function placesOf(
  layer: string,
  directory: string,
  overlays: readonly string[],
): Promise<[overlay: string, directories: string[]][]> {
  const [first] = overlays
  if (first === undefined) throw wrong('layers', layer, 'there is no overlay to lay it on; name one with overlays')
  if (!existsSync(join(directory, 'nsbox.json'))) return [[first, [directory]]]
  const [{ readKept }, { keptDescription }] = await Promise.all([import('../changes/read-kept.ts'), import('../config/kept.ts')])
  const kept = readKept(directory, keptDescription).layers
  const fitting = kept.filter(({ target }) => overlays.includes(target))
  if (fitting.length > 0) return fitting.map(({ target, upper, lowers }) => [target, [upper, ...lowers.slice(0, -1)]])
  throw wrong(
    'layers',
    layer,
    `it holds changes of ${kept.map(({ target }) => target).join(', ')}, and the overlays here are ${overlays.join(', ')}`,
  )
}
