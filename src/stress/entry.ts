// Where the program of a campaign's worker processes lies: beside the bundle, or in the source tree.

import { fileURLToPath } from 'node:url'

const fromSource = import.meta.url.endsWith('.ts')

export const attemptsEntry: string = fileURLToPath(new URL(fromSource ? '../../plugin/attempts.ts' : './attempts.js', import.meta.url))
