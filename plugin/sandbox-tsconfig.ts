// Compiles TypeScript and JSX with the tsconfig.json that a test wrote. Since Vite 8 its compiler asks the operating system
// for it, by the path of the module.

import { dirname, join } from 'node:path'
import type { DevEnvironment, Plugin } from 'vite'
import type { SandboxFiles } from './sandbox-files.ts'
import { vite } from './vite.ts'

const compiled = /\.([cm]?ts|[jt]sx)$/

interface OxcOptions extends Record<string, unknown> {
  jsxInject?: string
  include?: unknown
  exclude?: unknown
}

/** For an environment that is used under seenFrom of the same sandbox. Vite before 8 reads through node:fs, and needs nothing. */
export function sandboxTsconfig(base: DevEnvironment, files: SandboxFiles): Plugin {
  const { oxc } = base.config as { oxc?: false | OxcOptions }
  return {
    name: 'nsbox:sandbox-tsconfig',
    async transform(code, id) {
      if (!oxc || !compiled.test(id) || !hasOwnTsconfig(id, files)) return undefined
      const { jsxInject, include: _, exclude: __, ...options } = oxc
      // It takes functions of node:fs when it is loaded, and has to find those of seen-fs.ts.
      const { getTsconfig } = await import('get-tsconfig')
      const { compilerOptions = {} } = getTsconfig(id)?.config ?? {}
      const result = await vite.transformWithOxc(code, id, { ...options, tsconfig: { compilerOptions } } as never)
      return { code: jsxInject && /x$/.test(id) ? `${jsxInject};${result.code}` : result.code, map: result.map, moduleType: 'js' }
    },
  }
}

function hasOwnTsconfig(id: string, files: SandboxFiles): boolean {
  const directory = dirname(id)
  return directory !== id && (files.owns(join(directory, 'tsconfig.json')) || hasOwnTsconfig(directory, files))
}
