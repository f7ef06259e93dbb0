// `--output` of `nsbox stress` and `nsbox merge`: where results are written, looked at before anything is run for them.

import { constants, existsSync, statSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { configError } from '../errors.ts'
import { quoted } from '../quoted.ts'
import { whyNoAccess } from '../sys/access.ts'
import { realPlace } from '../sys/real-file.ts'

const { W_OK, X_OK } = constants

/** A real path. @throws NsboxError ERR_NSBOX_CONFIG where no file can be made there */
export function outputDirectory(given: string): string {
  if (given === '') throw configError('--output is "": a path cannot be empty')
  const directory = realPlace(resolve(given))
  const why = whyNotIn(nearest(directory))
  if (why === undefined) return directory
  throw configError(`--output is ${quoted(given)}: ${why}; name a directory that you can write to`)
}

/** What is there of it: the rest is made when it is needed. */
function nearest(path: string): string {
  return existsSync(path) ? path : nearest(dirname(path))
}

function whyNotIn(place: string): string | undefined {
  if (!statSync(place).isDirectory()) return `${quoted(place)} is no directory`
  const error = whyNoAccess(place, W_OK | X_OK)
  return error && `nothing can be made in ${quoted(place)}: ${error.message.split(',')[0]}`
}
