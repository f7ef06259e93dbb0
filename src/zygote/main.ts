// Entry of a zygote: a warm node whose whole job is to fork. Arguments: the mode.

import { setV8Flag } from '../sys/node-flags.ts'
import { settle, type ZygoteMode } from './v8-flags.ts'

const mode = process.argv[2] as ZygoteMode
settle(mode)

// Whole functions at once, here: otherwise every child compiles them anew.
setV8Flag('--no-lazy')
const { runZygote } = await import('./run.ts')
setV8Flag('--lazy')
await runZygote(mode)
