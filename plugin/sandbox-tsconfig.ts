// Compiles TypeScript and JSX with the tsconfig.json that a test wrote. Since Vite 8 its compiler asks the operating system
// for it, by the path of the module.

import { dirname, join } from 'node:path'
import type { DevEnvironment, Plugin } from 'vite'
import type { SandboxFiles } from './sandbox-files.ts'
import { vite } from './vite.ts'

const compiled = /\.([cm]?ts|[jt]sx)$/

/** For an environment of the same sandbox. Vite before 8 reads through node:fs, and needs nothing. */
export function sandboxTsconfig(base: DevEnvironment, files: SandboxFiles): Plugin {
  const { oxc } = base.config as { oxc?: false | (OxcOptions & Record<string, unknown>) }
  // What the compiler keeps of a tsconfig.json it keeps for a config: this one is the sandbox's own.
  const config = { ...base.getTopLevelConfig() }
  return {
    name: 'nsbox:sandbox-tsconfig',
    async transform(code, id) {
      if (!oxc || !compiled.test(id) || !hasOwnTsconfig(id, files)) return undefined
      const { jsxInject, include: _, exclude: __, ...options } = oxc
      const result = await vite.transformWithOxc(code, `${files.prefix}${id}`, options, undefined, config)
      const shown = JSON.parse(JSON.stringify(result).replaceAll(files.prefix, '')) as typeof result
      return { code: jsxInject && /x$/.test(id) ? `${jsxInject};${shown.code}` : shown.code, map: shown.map, moduleType: 'js' }
    },
  }
}

interface OxcOptions {
  jsxInject?: string
  include?: unknown
  exclude?: unknown
}

function hasOwnTsconfig(id: string, files: SandboxFiles): boolean {
  const directory = dirname(id)
  return directory !== id && (files.owns(join(directory, 'tsconfig.json')) || hasOwnTsconfig(directory, files))
}
