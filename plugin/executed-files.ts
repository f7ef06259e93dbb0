// Files of the project that vitest's main process runs: the config and what it imports, reporters, the global setup. And where a
// new file would be taken for one of them.

import { existsSync, realpathSync } from 'node:fs'
import { basename, dirname, extname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Vitest } from 'vitest/node'
import { isWithin } from '../src/plan/paths.ts'

export interface Executed {
  /** Real paths. */
  files: readonly string[]
  /** Endings that an import may leave out. */
  endings: readonly string[]
}

/** The first means that nothing is left out. `./a.js` may stand for `a.ts`. */
const usualEndings = ['', '.js', '.mjs', '.cjs', '.ts', '.mts', '.cts', '.jsx', '.tsx', '.json', '.node', '.wasm']

/** By Vite's server, which is another one after a change of the config. */
const known = new WeakMap<Vitest['vite'], Executed>()

/** They are looked up once: later snapshots wait for nothing. */
export function executedFiles(vitest: Vitest): Executed {
  const executed = known.get(vitest.vite) ?? lookUp(vitest)
  known.set(vitest.vite, executed)
  return executed
}

function lookUp({ vite, config, projects }: Vitest): Executed {
  const viteConfigs = [vite, ...projects.map((project) => project.vite)].map((server) => server.config)
  const configs = viteConfigs.flatMap(({ configFile, configFileDependencies }) => [configFile ?? '', ...configFileDependencies])
  const setups = [config, ...projects.map((project) => project.config)].flatMap(({ globalSetup }) => globalSetup)
  const files = [...configs, ...setups, ...loadedScripts()].filter((path) => existsSync(path)).map((path) => realpathSync(path))
  const endings = [...usualEndings, ...viteConfigs.flatMap(({ resolve }) => resolve.extensions)]
  return { files: [...new Set(files)], endings: [...new Set(endings)] }
}

/** Every script of this process, as V8 knows it: no loader lists what it has loaded. */
function loadedScripts(): string[] {
  // node can be built without it.
  if (!process.features.inspector) return []
  const { Session } = process.getBuiltinModule('node:inspector')
  const session = new Session()
  const urls: string[] = []
  session.connect()
  session.on('Debugger.scriptParsed', ({ params: { url } }) => urls.push(url))
  // The scripts are told before this returns.
  session.post('Debugger.enable')
  session.disconnect()
  return urls.flatMap(pathOf)
}

function pathOf(url: string): string[] {
  if (url.startsWith('/')) return [url]
  return url.startsWith('file:///') ? [fileURLToPath(url.replace(/[?#].*$/s, ''))] : []
}

/** The file that an import would not find any more, once there is another one at `path`: it could be tried first. */
export function shadowedFile(path: string, { files, endings }: Executed): string | undefined {
  const names = endings.filter((ending) => path.endsWith(ending)).map((ending) => path.slice(0, path.length - ending.length))
  return files.find((file) => names.some((name) => mayName(name, file)))
}

/** True when an import of `name` may lead to the file: without its ending, or by the directory that it stands for. */
function mayName(name: string, file: string): boolean {
  const stem = file.slice(0, file.length - extname(file).length)
  if (name === stem || (basename(stem) === 'index' && name === dirname(file))) return true
  return isWithin(file, name) && existsSync(join(name, 'package.json'))
}
