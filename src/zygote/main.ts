// Entry of a zygote: a warm node whose whole job is to fork. Arguments: the mode.

import { settle, type ZygoteMode } from './v8-flags.ts'

const mode = process.argv[2] as ZygoteMode
settle(mode)

const { runZygote } = await import('./run.ts')
await runZygote(mode)
