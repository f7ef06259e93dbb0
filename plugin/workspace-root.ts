// Which directory a project is part of.

import { realDirectory, sharedDirectories } from '../src/host/facts.ts'
import { searchForWorkspaceRoot } from './vite.ts'

/**
 * What Vite finds above it by package.json, pnpm-workspace.yaml and the like. One that strayed into / or /tmp makes
 * no workspace of all that lies there.
 */
export function workspaceRoot(directory: string): string {
  const found = searchForWorkspaceRoot(directory)
  const real = realDirectory(found)
  return real === null || sharedDirectories(process.env).includes(real) ? directory : found
}
