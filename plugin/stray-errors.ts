// Errors that no promise of a request carries: a plugin throws in a callback, or rejects what nobody waits for. By default
// each would end vitest's main process, with all results.

type Emit = (this: NodeJS.Process, event: string, ...args: unknown[]) => boolean

const lastWords = ['uncaughtException', 'unhandledRejection']

/**
 * `takerOf` is asked where the error came from, in the async context of its promise or callback: node restores that before it emits
 * the event. Errors of others go on to who listens, and end the process where nobody does.
 */
export function catchStrayErrors(takerOf: () => ((error: unknown) => void) | undefined): void {
  const emit = process.emit as Emit
  const emitted: Emit = function (event, ...args) {
    const take = lastWords.includes(event) ? takerOf() : undefined
    if (!take) return Reflect.apply(emit, this, [event, ...args])
    take(args[0])
    return true
  }
  process.emit = emitted as typeof process.emit
}
