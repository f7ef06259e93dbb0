// Runs the copies of a file: a process each, held until all are ready. The channel is descriptor 3.

import { type ChildProcess, fork } from 'node:child_process'
import { chmodSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { ErrorData } from '../src/errors.ts'
import type { AttemptOrder, AttemptResult, CampaignSetting } from '../src/stress/attempt.ts'
import { Channel } from '../src/wire/channel.ts'
import { twinPath } from './entry.ts'

export interface TwinsTask {
  setting: CampaignSetting
  order: AttemptOrder
  /** In memory, and gone with the namespaces around them, however they end. */
  directory: string
}

/** To a copy: first its task, later that all are ready. */
export interface CopyTask extends Omit<TwinsTask, 'directory'> {
  copy: number
  /** Directory that is /tmp for the tests of all. */
  tmp: string
  /** Directory for what a copy needs itself. */
  scratch: string
}

export type ToCopy = { task: CopyTask } | { go: true }
export type CopyOutcome = { result: AttemptResult } | { error: ErrorData }
export type FromCopy = { ready: true } | CopyOutcome

const channel = new Channel(3, 'blocking')
channel.on((task) => void runAll(task as TwinsTask))
void channel.closed.then(() => process.exit())

async function runAll({ directory, ...task }: TwinsTask): Promise<void> {
  const tmp = join(directory, 'tmp')
  mkdirSync(tmp)
  chmodSync(tmp, 0o1777)
  const copies = Array.from({ length: task.order.knobs.twins ?? 1 }, (_, index) => {
    return new Copy({ ...task, copy: index + 1, tmp, scratch: directory })
  })
  // One that cannot be tried is ready too: the others are not to wait for it.
  await Promise.all(copies.map((copy) => Promise.race([copy.ready, copy.outcome])))
  for (const copy of copies) copy.tell({ go: true })
  channel.post(await Promise.all(copies.map((copy) => copy.outcome)))
}

class Copy {
  readonly ready: Promise<void>
  readonly outcome: Promise<CopyOutcome>
  readonly #process: ChildProcess

  constructor(task: CopyTask) {
    const { copy } = task
    this.#process = fork(twinPath, { serialization: 'advanced', stdio: ['ignore', 'ignore', 'inherit', 'ipc'] })
    const ready = Promise.withResolvers<void>()
    const outcome = Promise.withResolvers<CopyOutcome>()
    this.ready = ready.promise
    this.outcome = outcome.promise
    this.#process.on('message', (message: FromCopy) => ('ready' in message ? ready.resolve() : outcome.resolve(message)))
    this.#process.on('error', ({ message }) => outcome.resolve(lost(copy, message)))
    this.#process.on('exit', (code, signal) => outcome.resolve(lost(copy, signal ?? `exit code ${code}`)))
    this.tell({ task })
  }

  tell(message: ToCopy): void {
    this.#process.send(message, () => undefined)
  }
}

function lost(copy: number, how: string): CopyOutcome {
  return { error: { message: `Copy ${copy} of the file was lost: ${how}`, code: 'ERR_NSBOX_WORKER_LOST', stage: 'payload' } }
}
