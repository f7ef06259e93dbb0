// Compiles the styles that a test wrote. Compilers of styles read in threads, in child processes and from native code, where
// nothing tells for which sandbox they read: they are called back in the request that asked, run in this thread, or read nothing.

import { AsyncLocalStorage } from 'node:async_hooks'
import type { ResolvedConfig } from 'vite'
import { inQuotes } from '../src/quoted.ts'
import { requireFromVite } from './vite.ts'

type Css = ResolvedConfig['css']
type Options = Record<string, unknown>
type AnyFunction = (...args: never[]) => unknown

interface BundleOptions {
  resolver?: Record<'read' | 'resolve', AnyFunction>
}

/** lightningcss calls a visitor that is a function before it begins, as a method of its options. */
type Visitor = (this: BundleOptions, api: unknown) => unknown

interface Less {
  FileManager: new () => object
}

/** For an environment that is used under seenFrom. */
export function sandboxStyles(css: Css): Css {
  const { scss, sass, less, styl, stylus, ...others } = (css.preprocessorOptions ?? {}) as Record<string, Options | undefined>
  return {
    ...css,
    ...(css.transformer === 'lightningcss' && { lightningcss: boundLightningcss(css.lightningcss) }),
    preprocessorOptions: {
      ...others,
      scss: closedSass(scss),
      sass: closedSass(sass),
      less: closedLess(less),
      styl: inThisThread(styl),
      stylus: inThisThread(stylus),
    },
  } as Css
}

/** Its thread calls Vite's functions outside of the request. */
function boundLightningcss(options: Css['lightningcss']): Css['lightningcss'] {
  const own = (options as { visitor?: Visitor | object } | undefined)?.visitor
  const visitor: Visitor = function (api) {
    const { resolver } = this
    if (resolver) this.resolver = { read: AsyncLocalStorage.bind(resolver.read), resolve: AsyncLocalStorage.bind(resolver.resolve) }
    return typeof own === 'function' ? Reflect.apply(own, this, [api]) : (own ?? {})
  }
  return Object.defineProperty({ ...options }, 'visitor', {
    enumerable: true,
    get: () => {
      requireVisitors()
      return visitor
    },
  })
}

let hasVisitors: boolean | undefined

/** @throws Error where lightningcss is too old to call a visitor that is a function */
function requireVisitors(): void {
  hasVisitors ??= callsVisitors()
  if (!hasVisitors)
    throw new Error(
      "nsbox: this lightningcss cannot compile a style that a test wrote as its sandbox sees it. Update lightningcss, or set css.transformer to 'postcss'.",
    )
}

function callsVisitors(): boolean {
  const { transform } = requireFromVite('lightningcss') as { transform(options: object): unknown }
  let isCalled = false
  const visitor = () => {
    isCalled = true
    return {}
  }
  transform({ filename: 'nsbox.css', code: new Uint8Array(), visitor })
  return isCalled
}

/** Its compiler may be a child process, which looks for files by itself after all importers, and calls back in the context of who started it. */
function closedSass(options: Options | undefined): Options {
  const importer = {
    canonicalize: (url: string) => {
      throw refused('Sass', url)
    },
    load: () => null,
  }
  return { ...options, importer, importers: [importer] }
}

/** With a plugin it runs in this thread. What is added last is asked first, for `@plugin` and `data-uri()` too. */
function closedLess(options: Options | undefined): Options {
  const plugin = {
    install: ({ FileManager }: Less, manager: { addFileManager(manager: object): void }) => {
      const closed = {
        supports: () => true,
        supportsSync: () => true,
        loadFile: async (name: string) => {
          throw refused('Less', name)
        },
        loadFileSync: (name: string) => ({ error: refused('Less', name) }),
      }
      manager.addFileManager(Object.assign(new FileManager(), closed))
    },
  }
  return { ...options, plugins: [...((options?.['plugins'] as object[] | undefined) ?? []), plugin] }
}

/** Vite starts no thread for stylus where it is to call a function. */
function inThisThread(options: Options | undefined): Options {
  return { ...options, define: { ...(options?.['define'] as object | undefined), 'nsbox-in-this-thread': () => undefined } }
}

function refused(compiler: string, name: string): Error {
  return new Error(
    `nsbox: ${compiler} would read ${inQuotes(name)} outside of the sandbox, so a style that a test wrote can import nothing with it. Import it in CSS, or put the style into the project.`,
  )
}
