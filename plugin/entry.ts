// Where the programs of the pool lie: beside the bundle, or in the source tree.

import { fileURLToPath } from 'node:url'

const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js'

export const workerUrl: string = new URL(`./worker.${extension}`, import.meta.url).href
export const coldWorkerPath: string = fileURLToPath(new URL(`./worker-cold.${extension}`, import.meta.url))
