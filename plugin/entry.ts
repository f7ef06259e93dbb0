// Where the programs of the pool lie: beside the bundle, or in the source tree.

import { fileURLToPath } from 'node:url'

const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js'

export const workerUrl: string = new URL(`./worker.${extension}`, import.meta.url).href
export const coldWorkerPath: string = fileURLToPath(new URL(`./worker-cold.${extension}`, import.meta.url))
/** Runs copies of a file at once, and one of them. */
export const twinsPath: string = fileURLToPath(new URL(`./twins-inside.${extension}`, import.meta.url))
export const twinPath: string = fileURLToPath(new URL(`./twin.${extension}`, import.meta.url))
/** A module for node programs that tests start: `?ms=` is how far their clock is ahead. */
export const clockPreloadUrl: string = new URL(`./clock-preload.${extension}`, import.meta.url).href
