// A module that a zygote imports before the first fork and whose `run` is the payload after it.

import type { Channel } from '../wire/channel.ts'
import type { Preload } from '../wire/protocol.ts'

export interface PayloadContext {
  /** Messages to and from whoever launched the sandbox. */
  channel: Channel
  /** What came with the launch. */
  data: unknown
}

export interface PreloadedModule {
  /** Once, right after the import. */
  prepare?(data: unknown): Promise<void>
  /** Before any fork, in the zygote. What it leaves behind is shared by every child. */
  warm?(data: unknown): Promise<void>
  /** In the sandbox. The sandbox ends when the process ends, not when this returns. */
  run(context: PayloadContext): void | Promise<void>
}

export async function loadPreloaded({ url, data }: Preload): Promise<PreloadedModule> {
  const module = (await import(url)) as PreloadedModule
  await module.prepare?.(data)
  return module
}
