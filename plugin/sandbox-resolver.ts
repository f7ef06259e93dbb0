// Finds modules as a sandbox sees them. Since Vite 8 its own resolver asks the operating system, for what the host has.

import fs from 'node:fs'
import { dirname, isAbsolute, join } from 'node:path'
import { ResolverFactory } from 'enhanced-resolve'
import type { Alias, DevEnvironment, Plugin } from 'vite'
import type { SandboxFiles } from './sandbox-files.ts'

/** The path of what `request` names in a file in the directory `from`. */
type Find = (from: string, request: string) => Promise<string | undefined>

/** For an environment that is used under seenFrom of the same sandbox. */
export function sandboxResolver({ config }: DevEnvironment, files: SandboxFiles): Plugin {
  const find = finder(config)
  return {
    name: 'nsbox:sandbox-resolver',
    async resolveId(source, importer, options) {
      if (/^(\0|virtual:|\w+:)/.test(source)) return undefined
      const [path = '', ...query] = source.split('?')
      const from = importer !== undefined && isAbsolute(importer) ? dirname(importer) : config.root
      const found = (await find(from, path)) ?? (path.startsWith('/') ? await find(from, join(config.root, path)) : undefined)
      if (found === undefined) return undefined
      const id = [found, ...query].join('?')
      // Of the project's packages Vite knows more: what it replaces, and what exists once.
      const isOurs = /^[./]/.test(source) || files.owns(found)
      return isOurs ? id : ((await this.resolve(source, importer, { ...options, skipSelf: true })) ?? id)
    },
  }
}

/** The same for what styles import: Vite asks no plugin, but it has aliases. */
export function sandboxAlias({ config }: DevEnvironment, files: SandboxFiles): Alias {
  const find = finder(config)
  return {
    find: /^/,
    replacement: '',
    // Its type knows no promise; all who call it wait for one.
    customResolver: (async (source: string, importer: string | undefined) => {
      const found = importer === undefined ? undefined : await find(dirname(importer), source)
      return found !== undefined && files.owns(found) ? found : undefined
    }) as unknown as NonNullable<Alias['customResolver']>,
  }
}

function finder({ resolve, isProduction }: DevEnvironment['config']): Find {
  const resolver = ResolverFactory.createResolver({
    fileSystem: fs as never,
    extensions: ['', ...resolve.extensions],
    conditionNames: ['import', ...resolve.conditions].map((name) =>
      name === 'development|production' ? (isProduction ? 'production' : 'development') : name,
    ),
    mainFields: [...resolve.mainFields, 'main'],
    symlinks: !resolve.preserveSymlinks,
  })
  return (from, request) =>
    new Promise((settle) => resolver.resolve({}, from, request, {}, (error, found) => settle(error || !found ? undefined : found)))
}
