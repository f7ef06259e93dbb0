// Which layers lie on which overlay: plain directories on the first, kept changes where they were made.

import { type BigIntStats, existsSync, statSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { byLength, isWithin } from '../plan/paths.ts'
import { quoted } from '../quoted.ts'
import { realPlace } from '../sys/real-file.ts'
import { existingDirectory, WrongOption, wrong } from './paths.ts'

/** A directory, and the layer that it was named with. */
interface Layer {
  directory: string
  given: string
}

/** By overlay, the first on top. @throws NsboxError ERR_NSBOX_CONFIG for a layer that fits on none, or that lies in another */
export async function layersOf(layers: readonly string[], overlays: readonly string[], cwd: string): Promise<Record<string, string[]>> {
  const found: Record<string, Layer[]> = {}
  for (const given of layers) {
    const directory = existingDirectory('layers', given, cwd)
    for (const [overlay, directories] of await placesOf(given, directory, overlays)) {
      found[overlay] ??= []
      for (const one of directories) add({ directory: one, given }, found[overlay], overlay)
    }
  }
  return Object.fromEntries(Object.entries(found).map(([overlay, all]) => [overlay, all.map(({ directory }) => directory)]))
}

/**
 * The kernel answers ELOOP for a lower directory that is another one, or lies in it. What is a layer already shows everything
 * that it could show again further down.
 */
function add(layer: Layer, layers: Layer[], overlay: string): void {
  requireApart(layer, overlay)
  if (layers.some(({ directory }) => isSame(directory, layer.directory))) return
  const around = layers.find(({ directory }) => isWithin(layer.directory, directory) || isWithin(directory, layer.directory))
  if (around) {
    const [outer, inner] = isWithin(layer.directory, around.directory) ? [around, layer] : [layer, around]
    const why = `it lies in the layer ${quoted(outer.given)}; of two such directories only one can be a layer`
    throw wrong('layers', inner.given, why)
  }
  layers.push(layer)
}

/** Also by another path, such as that of a bind mount. */
function isSame(a: string, b: string): boolean {
  const [left, right] = [a, b].map((path) => statSync(path, { bigint: true })) as [BigIntStats, BigIntStats]
  return left.dev === right.dev && left.ino === right.ino
}

/** The kernel answers ELOOP for a lower directory that lies in another. */
function requireApart({ directory, given }: Layer, overlay: string): void {
  if (isWithin(directory, overlay) || isWithin(overlay, directory))
    throw wrong('layers', given, `it lies in ${quoted(overlay)} itself; a layer has to lie elsewhere, beside it`)
}

/**
 * What is kept there could be no layer later. `name` is what the option is called. Returns the real path, which is asked for before
 * anything runs that could put a link in its place. @throws NsboxError ERR_NSBOX_CONFIG
 */
export function requireKeptApart(directory: string, overlays: readonly string[], name = 'keep'): string {
  const real = realPlace(resolve(directory))
  // The outermost: in a package of a repository, what lies beside the package lies in the repository.
  const [overlay] = byLength(overlays.filter((one) => isWithin(real, one)))
  if (overlay === undefined) return real
  const beside = relative('', join(dirname(overlay), 'changes'))
  const why = `it lies in ${quoted(overlay)}, the directory whose changes it is for; choose one beside it, such as ${quoted(beside)}`
  throw new WrongOption('keep', directory, why, name)
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
  const fitting = kept.filter(({ target }) => overlays.some((overlay) => isWithin(target, overlay)))
  if (fitting.length > 0) return fitting.map(({ target, upper, lowers }) => [target, [upper, ...lowers.slice(0, -1)]])
  const [targets, here] = [kept.map(({ target }) => target), overlays].map((paths) => paths.map(quoted).join(', '))
  throw wrong('layers', layer, `it holds changes of ${targets}, and the overlays here are ${here}`)
}
