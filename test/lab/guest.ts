// One guest, from an empty directory to vitest's exit code.

import { once } from 'node:events'
import { cpSync, mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { Console } from './console.ts'
import { makeImage, readFromImage } from './image.ts'
import { startMachine } from './machines.ts'
import { type Guest, guestName, Interrupted, type Request } from './request.ts'
import { Throwaway } from './throwaway.ts'

/** The exit code of a guest that ended without vitest's. */
export const notReported = 98

export async function runGuest(guest: Guest, request: Request): Promise<number> {
  const started = performance.now()
  const signals = listen()
  const place = new Throwaway()
  try {
    cpSync(join(import.meta.dirname, 'guest'), place.path('guest'), { recursive: true })
    const image = makeImage(place, guest, request)
    const machine = await startMachine[guest.machine]({ place, guest, request, image })
    const console = new Console(place.directory)
    for (const stream of [machine.stdout, machine.stderr]) stream?.setEncoding('utf8').on('data', console.take)
    const timer = setTimeout(() => machine.pid && process.kill(-machine.pid, 'SIGKILL'), request.timeout * 1000)
    await Promise.race([once(machine, 'close'), signals.interrupted]).finally(() => clearTimeout(timer))
    const seconds = (performance.now() - started) / 1000
    const code = readFromImage(image, 'exit')
    if (code === '') {
      process.stderr.write(
        `${console.end}\nlab: ${guestName(guest)} did not report in ${seconds.toFixed(1)} s; above is the end of its console\n`,
      )
      return notReported
    }
    process.stdout.write(`lab: ${guestName(guest)} took ${seconds.toFixed(1)} s\n`)
    if (request.results) {
      mkdirSync(dirname(request.results), { recursive: true })
      writeFileSync(request.results, readFromImage(image, 'results.json'))
    }
    return Number(code)
  } finally {
    await place.close()
    signals.stop()
  }
}

/** Until stopped, the signals by which this process is asked to end reject a promise instead. */
function listen(): { interrupted: Promise<never>; stop(): void } {
  const { promise, reject } = Promise.withResolvers<never>()
  promise.catch(() => undefined)
  const names = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const
  const take = (signal: NodeJS.Signals) => reject(new Interrupted(signal))
  for (const name of names) process.on(name, take)
  const stop = () => {
    for (const name of names) process.off(name, take)
  }
  return { interrupted: promise, stop }
}
