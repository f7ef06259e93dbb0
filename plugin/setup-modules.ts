// Modules that setup has written: they lie in its layer, and vitest's main process, which transforms modules, finds them there.

import { readFileSync, statSync } from 'node:fs'
import { dirname, isAbsolute, resolve } from 'node:path'
import type { Plugin } from 'vite'
import { seenFromHost } from './seen-fs.ts'
import type { SetupLayer } from './setup-layer.ts'

type Hooks = Pick<Plugin, 'configResolved' | 'resolveId' | 'load'>

export function setupModules(layer: () => SetupLayer | undefined): Hooks {
  let extensions: string[] = []
  return {
    configResolved({ resolve: { extensions: configured } }) {
      extensions = configured
    },
    /** Asked only for what is not there on the host. */
    resolveId(source, importer) {
      const setup = layer()
      if (!setup || !(isAbsolute(source) || /^\.{1,2}\//.test(source))) return undefined
      const [path = '', query] = source.split('?')
      const from = importer === undefined ? process.cwd() : dirname(importer)
      const found = candidates(resolve(from, path), extensions).find((candidate) => fileIn(setup, candidate) !== undefined)
      return found === undefined ? undefined : query === undefined ? found : `${found}?${query}`
    },
    /** What setup has changed is another file inside than on the host. */
    load(id) {
      const setup = layer()
      return setup && isAbsolute(id) && !id.includes('?') ? contentIn(setup, id) : undefined
    },
  }
}

function candidates(path: string, extensions: readonly string[]): string[] {
  const withExtension = (stem: string) => extensions.map((extension) => `${stem}${extension}`)
  // As TypeScript has it: `./a.js` may be `./a.ts`.
  const sources = /\.[cm]?jsx?$/.test(path) ? [path.replace(/js(x?)$/, 'ts$1')] : []
  return [path, ...sources, ...withExtension(path), ...withExtension(`${path}/index`)]
}

function contentIn(layer: SetupLayer, path: string): string | undefined {
  const file = fileIn(layer, path)
  return file === undefined ? undefined : seenFromHost(() => readFileSync(file, 'utf8'))
}

/** A path of the host's. No sandbox sees the layer there. */
function fileIn(layer: SetupLayer, path: string): string | undefined {
  return seenFromHost(() => {
    const place = layer.find(path)
    return place !== undefined && statSync(place).isFile() ? place : undefined
  })
}
