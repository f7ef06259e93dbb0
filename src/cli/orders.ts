// Orders for a running command, as JSON lines on the descriptor of --control-fd.

import { createReadStream } from 'node:fs'
import { createInterface } from 'node:readline'
import { configError, errorToData } from '../errors.ts'
import type { SandboxLimits } from '../launch/sandbox-limits.ts'
import { inQuotes } from '../quoted.ts'
import { limitsHere } from '../run/limit-request.ts'
import { limitedUsage } from '../run/usage.ts'
import { isOpenForReading } from '../sys/descriptor.ts'
import type { StatusLines } from './status.ts'

const known = ['freeze', 'thaw', 'kill', 'set-limits', 'usage']

export interface OrderedRun {
  limits: SandboxLimits
  kill(): void
}

/** @throws NsboxError ERR_NSBOX_CONFIG when the descriptor is not open */
export function requireOrders(fd: number | undefined): void {
  if (fd === undefined || isOpenForReading(fd)) return
  throw configError(`--control-fd is ${fd}: no such descriptor is open; open it in the shell: nsbox run --control-fd ${fd} … ${fd}<orders`)
}

export class Orders {
  readonly #fd: number
  readonly #status: StatusLines
  #run: OrderedRun | undefined

  constructor(fd: number, status: StatusLines) {
    this.#fd = fd
    this.#status = status
  }

  /** From now on orders are for this run. A run that replaces another continues with what orders changed there. */
  async follow(run: OrderedRun): Promise<void> {
    const before = this.#run
    this.#run = run
    if (!before) void this.#carryOutAll()
    else if (before.limits.wasKilled) killAll(run)
    else await run.limits.continueFrom(before.limits)
  }

  /** One after the other; each is answered on the status descriptor. */
  async #carryOutAll(): Promise<void> {
    for await (const line of createInterface({ input: createReadStream('', { fd: this.#fd }) })) {
      if (line.trim() === '') continue
      try {
        this.#status.post({ type: 'done', order: line, ...(await carryOut(line, this.#run as OrderedRun)) })
      } catch (error) {
        this.#status.post({ type: 'refused', order: line, error: errorToData(error) })
      }
    }
  }
}

async function carryOut(line: string, run: OrderedRun): Promise<object> {
  const order = parse(line)
  const { limits } = run
  switch (order.do) {
    case 'freeze':
      await limits.freeze()
      return {}
    case 'thaw':
      await limits.thaw()
      return {}
    case 'kill':
      killAll(run)
      return {}
    case 'usage':
      return { usage: limitedUsage(await limits.usage()) }
    case 'set-limits': {
      const { limitChanges } = await import('../config/limit-schema.ts')
      await limits.set(limitsHere(limitChanges(order.limits, 'set-limits'), process.cwd()))
      return { limits: limits.held }
    }
    default:
      throw configError(`do is ${JSON.stringify(order.do)}; it must be one of ${known.join(', ')}`)
  }
}

function killAll({ limits, kill }: OrderedRun): void {
  limits.kill()
  kill()
}

function parse(line: string): { do?: unknown; limits?: unknown } {
  try {
    const order: unknown = JSON.parse(line)
    if (typeof order === 'object' && order !== null) return order
  } catch {
    // Said below.
  }
  throw configError(`an order is a JSON object on one line, such as {"do":"freeze"}; this is ${inQuotes(line)}`)
}
