// Removes an entry and all below, whatever names and permissions it has.

import { chmodSync, lstatSync, readdirSync, rmdirSync, unlinkSync } from 'node:fs'
import { errnoOf } from './failure.ts'
import { bytes } from './names.ts'

/** Nothing there is no error. */
export function removeTree(path: string): void {
  try {
    if (lstatSync(bytes(path)).isDirectory()) removeDirectory(path)
    else unlinkSync(bytes(path))
  } catch (error) {
    if (errnoOf(error) !== 'ENOENT') throw error
  }
}

function removeDirectory(path: string): void {
  emptyDirectory(path)
  rmdirSync(bytes(path))
}

export function emptyDirectory(path: string): void {
  for (const name of namesOf(path)) {
    try {
      removeTree(`${path}/${name}`)
    } catch (error) {
      if (errnoOf(error) !== 'EACCES') throw error
      chmodSync(bytes(path), 0o700)
      removeTree(`${path}/${name}`)
    }
  }
}

function namesOf(path: string): string[] {
  try {
    return readdirSync(bytes(path), 'latin1')
  } catch (error) {
    if (errnoOf(error) !== 'EACCES') throw error
    chmodSync(bytes(path), 0o700)
    return readdirSync(bytes(path), 'latin1')
  }
}
