// Vite keeps what it has made of a module, and of all that went into it, for whoever asks next. So workers that see other files of
// the host than the pool's options alone let in have environments of Vite's for their view.

import { hash } from 'node:crypto'
import type { DevEnvironment } from 'vite'
import type { TestProject } from 'vitest/node'
import { viewEnvironment } from './sandbox-vite.ts'

type Server = TestProject['vite']

/** By their names, of one server each. */
const all = new WeakMap<Server, Map<string, Promise<void>>>()

/** The name of the environment that is `name` for one view; for the view that the pool's options alone give, `name` itself. */
export function nameInView(name: string, view: string | undefined): string {
  return view === undefined ? name : `${name}$nsbox-${hash('sha1', view).slice(0, 12)}`
}

/** Makes it, where it is not there. */
export async function makeForView(name: string, view: string, project: TestProject): Promise<string> {
  const { vite } = project
  const own = nameInView(name, view)
  const known = all.get(vite) ?? new Map<string, Promise<void>>()
  all.set(vite, known)
  const making = known.get(own) ?? add(own, vite.environments[name] as DevEnvironment, project)
  known.set(own, making)
  await making
  return own
}

async function add(name: string, base: DevEnvironment, { vite, vitest }: TestProject): Promise<void> {
  const value = await viewEnvironment(base, vite)
  // Where files change, Vite and vitest look at all that are listed. A blob has the graphs of these, and whoever merges blobs has to
  // have environments of the same names.
  const enumerable = !vitest.config.reporters.flat().includes('blob')
  Object.defineProperty(vite.environments, name, { value, enumerable, configurable: true })
}
