// Where the kernel cannot delay packets itself, the host does, in a thread: the seal passes back a queue of them.

import type { Worker } from 'node:worker_threads'
import type { SandboxPlan } from '../plan/plan.ts'
import type { Traffic } from '../plan/traffic.ts'
import { close, pipe } from '../sys/descriptor.ts'
import { sendWithDescriptors, socketpair } from '../sys/socket.ts'
import { trafficThread } from './entry.ts'
import type { Handles, Taker } from './handles.ts'
import type { TrafficFailure, TrafficOrder, TrafficThreadData } from './traffic-thread.ts'

export type TrafficHolder = 'netem' | 'nfnetlink_queue, emptied by the host'

type OnFailure = (error: unknown) => void

export class TrafficQueue implements Taker {
  readonly #traffic: Traffic
  readonly #onFailure: OnFailure
  #heldBy: TrafficHolder | undefined
  #stop: (() => void) | undefined
  #isClosed = false

  private constructor({ delay, loss, seed }: Traffic, onFailure: OnFailure) {
    this.#traffic = { delay, loss, seed }
    this.#onFailure = onFailure
  }

  /** Undefined where the plan leaves packets alone. `onFailure`: from here on none arrives. */
  static of({ steps }: SandboxPlan, onFailure: OnFailure): TrafficQueue | undefined {
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
    thread ??= new TrafficThread()
    this.#stop = thread.serve(queue, this.#traffic, this.#onFailure)
  }

  /** When the sandbox has ended, and what it sent has been passed on. */
  close(): void {
    this.#isClosed = true
    this.#stop?.()
    this.#stop = undefined
  }
}

/** Started once, for all sandboxes of this process: its start takes some 50 ms of CPU time. */
let thread: TrafficThread | undefined

class TrafficThread {
  readonly #worker: Worker
  readonly #wake: number
  readonly #onFailure = new Map<number, OnFailure>()

  constructor() {
    // Not before it is wanted: loading it takes the start of every command 1.6 ms.
    const { Worker } = process.getBuiltinModule('node:worker_threads')
    const [ours, theirs] = socketpair()
    this.#wake = ours
    this.#worker = new Worker(trafficThread, { workerData: { wake: theirs } satisfies TrafficThreadData })
    this.#worker.on('message', ({ queue, error }: TrafficFailure) => this.#onFailure.get(queue)?.(error))
    this.#worker.on('error', (error) => {
      thread = undefined
      for (const onFailure of this.#onFailure.values()) onFailure(error)
    })
    this.#worker.unref()
  }

  /** Answers what ends it. */
  serve(queue: number, traffic: Traffic, onFailure: OnFailure): () => void {
    const { read: stop, write } = pipe()
    this.#onFailure.set(queue, onFailure)
    this.#worker.postMessage({ queue, stop, traffic } satisfies TrafficOrder)
    sendWithDescriptors(this.#wake, Buffer.of(1), [])
    return () => {
      // Another may have that number once it is closed.
      this.#onFailure.delete(queue)
      close(write)
    }
  }
}
