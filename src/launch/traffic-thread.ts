// A thread of the host's, for all its sandboxes with slow packets: takes these out of the kernel's queues and lets them go on when it is
// time. It is no part of the event loop, because what that is busy with would be seen as the network's delay.

import { type MessagePort, parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads'
import type { Traffic } from '../plan/traffic.ts'
import { close, pollReadable } from '../sys/descriptor.ts'
import { decidePackets, takePackets } from '../sys/packet-queue.ts'
import { receiveWaiting } from '../sys/socket.ts'
import { DelayLine } from './delay-line.ts'

/** One more queue. Both descriptors are the thread's from then on. */
export interface TrafficOrder {
  /** Socket of the packet queue. */
  queue: number
  /** Hangs up when the sandbox is gone. */
  stop: number
  traffic: Traffic
}

export interface TrafficThreadData {
  /** A byte comes with each order: who waits in poll(2) hears no messages of threads. */
  wake: number
}

/** Of a queue that cannot be emptied any more. */
export interface TrafficFailure {
  queue: number
  error: unknown
}

/** A thread that waits in the kernel cannot be ended from outside, and would hold the end of its process up: milliseconds. */
const longestWait = 100

const port = parentPort as MessagePort
const { wake } = workerData as TrafficThreadData
const queues = new Map<number, { stop: number; line: DelayLine }>()

for (;;) {
  const due = Math.min(...[...queues.values()].map(({ line }) => line.due))
  const stops = [...queues.values()].map(({ stop }) => stop)
  const ready = pollReadable([wake, ...stops, ...queues.keys()], Math.ceil(Math.min(Math.max(due - performance.now(), 0), longestWait)))
  for (const [queue, { stop, line }] of queues) {
    if (ready.has(stop)) forget(queue)
    else serve(queue, line, ready.has(queue))
  }
  if (ready.has(wake)) while (receiveWaiting(wake));
  for (let order = receiveMessageOnPort(port); order; order = receiveMessageOnPort(port)) begin(order.message as TrafficOrder)
}

function begin({ queue, stop, traffic }: TrafficOrder): void {
  queues.set(queue, { stop, line: new DelayLine(traffic) })
}

function serve(queue: number, line: DelayLine, hasArrived: boolean): void {
  try {
    const now = performance.now()
    if (hasArrived) {
      const lost = takePackets(queue).filter((id) => !line.accepts(id, now))
      decidePackets(queue, lost, 'lost')
    }
    decidePackets(queue, line.take(now), 'arrives')
  } catch (error) {
    port.postMessage({ queue, error } satisfies TrafficFailure)
    forget(queue)
  }
}

function forget(queue: number): void {
  close(queues.get(queue)?.stop as number)
  close(queue)
  queues.delete(queue)
}
