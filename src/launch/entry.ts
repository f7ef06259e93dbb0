// Where the programs lie that nsbox starts: beside the bundle, or in the source tree.

import { fileURLToPath } from 'node:url'

const fromSource = import.meta.url.endsWith('.ts')

export const zygoteEntry: string = fileURLToPath(new URL(fromSource ? '../zygote/main.ts' : './zygote.js', import.meta.url))
export const callUrl: string = new URL(fromSource ? '../payload/call.ts' : './call.js', import.meta.url).href
/** Of a thread. */
export const trafficThread: URL = new URL(fromSource ? './traffic-thread.ts' : './traffic-thread.js', import.meta.url)
export const coldCallEntry: string = fileURLToPath(new URL(fromSource ? '../payload/call-cold.ts' : './call-cold.js', import.meta.url))
