// Where the programs of a campaign's worker processes and of tinypool's threads lie: beside the bundle, or in the source tree.

import { fileURLToPath } from 'node:url'

const fromSource = import.meta.url.endsWith('.ts')

export const attemptsEntry: string = fileURLToPath(new URL(fromSource ? '../../plugin/attempts.ts' : './attempts.js', import.meta.url))
export const relayEntry: string = fileURLToPath(new URL(fromSource ? './attempt-relay.ts' : './attempt-relay.js', import.meta.url))
