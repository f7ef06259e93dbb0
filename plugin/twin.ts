// One copy of a file that runs several times at once: a runner of attempts that waits for the others.

import { errorToData } from '../src/errors.ts'
import { AttemptRunner } from './attempt-runner.ts'
import type { CopyTask, FromCopy, ToCopy } from './twins-inside.ts'

const go = Promise.withResolvers<void>()

process.on('message', (message: ToCopy) => {
  if ('go' in message) go.resolve()
  else void run(message.task)
})

// No pid namespace ends it with the others.
process.on('disconnect', () => process.exit())

async function run({ setting, order, copy, tmp, scratch }: CopyTask): Promise<void> {
  try {
    const runner = await AttemptRunner.start(setting, scratch)
    const together = () => {
      say({ ready: true })
      return go.promise
    }
    const result = await runner.run(order, { copy, tmp, together })
    // What cleans up after it is ended with it: there is no later.
    await runner.close()
    say({ result })
  } catch (error) {
    say({ error: errorToData(error) })
  }
}

function say(message: FromCopy): void {
  process.send?.(message)
}
