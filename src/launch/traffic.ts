// Where the kernel cannot delay packets itself, the host does, in a thread: the seal passes back a queue of them.

import { Worker } from 'node:worker_threads'
import type { SandboxPlan } from '../plan/plan.ts'
import type { Traffic } from '../plan/traffic.ts'
import { close, pipe } from '../sys/descriptor.ts'
import { trafficThread } from './entry.ts'
import type { Handles, Taker } from './handles.ts'
import type { TrafficThreadData } from './traffic-thread.ts'

export type TrafficHolder = 'netem' | 'nfnetlink_queue, emptied by the host'

export class TrafficQueue implements Taker {
  readonly #traffic: Traffic
  readonly #onFailure: (error: Error) => void
  #heldBy: TrafficHolder | undefined
  #stop: number | undefined
  #isClosed = false

  private constructor(traffic: Traffic, onFailure: (error: Error) => void) {
    this.#traffic = traffic
    this.#onFailure = onFailure
  }

  /** Undefined where the plan leaves packets alone. `onFailure`: from here on none arrives. */
  static of({ steps }: SandboxPlan, onFailure: (error: Error) => void): TrafficQueue | undefined {
    const step = steps.find((one) => one.do === 'traffic')
    return step && new TrafficQueue(step, onFailure)
  }

  /** Undefined until it is sealed. */
  get heldBy(): TrafficHolder | undefined {
    return this.#heldBy
  }

  take(handles: Handles): void {
    const [queue] = handles.take('packets')
    this.#heldBy = queue === undefined ? 'netem' : 'nfnetlink_queue, emptied by the host'
    if (queue === undefined) return
    if (this.#isClosed) return close(queue)
    const { read: stop, write } = pipe()
    this.#stop = write
    const { delay, loss, seed } = this.#traffic
    const data: TrafficThreadData = { queue, stop, traffic: { delay, loss, seed } }
    new Worker(trafficThread, { workerData: data }).on('error', this.#onFailure).unref()
  }

  /** When the sandbox has ended, and what it sent has been passed on. */
  close(): void {
    this.#isClosed = true
    if (this.#stop !== undefined) close(this.#stop)
    this.#stop = undefined
  }
}
