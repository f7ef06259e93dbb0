// The versions of node and vitest that nsbox is made for.

import { createRequire } from 'node:module'

interface Manifest {
  engines: { node: string }
  peerDependencies: { vitest: string }
}

/** Ranges, as package.json has them. */
export function supported(): { node: string; vitest: string } {
  const { engines, peerDependencies } = createRequire(import.meta.url)('nsbox/package.json') as Manifest
  return { node: engines.node, vitest: peerDependencies.vitest }
}
