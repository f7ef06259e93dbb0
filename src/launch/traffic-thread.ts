// A thread of the host's, for one sandbox: takes its packets out of the kernel's queue and lets them go on when it is time. It is no part
// of the event loop, because what that is busy with would be seen as the network's delay.

import { workerData } from 'node:worker_threads'
import type { Traffic } from '../plan/traffic.ts'
import { pollReadable } from '../sys/descriptor.ts'
import { decidePackets, takePackets } from '../sys/packet-queue.ts'
import { DelayLine } from './delay-line.ts'

export interface TrafficThreadData {
  /** Socket of the packet queue. */
  queue: number
  /** Hangs up when the sandbox is gone. */
  stop: number
  traffic: Traffic
}

/** A thread that waits in the kernel cannot be ended from outside, and would hold the end of its process up: milliseconds. */
const longestWait = 100

const { queue, stop, traffic } = workerData as TrafficThreadData
const line = new DelayLine(traffic)
for (let ready = new Set<number>(); !ready.has(stop); ) {
  const now = performance.now()
  decidePackets(queue, line.take(now), 'arrives')
  ready = pollReadable([queue, stop], Math.ceil(Math.min(line.due - now, longestWait)))
  const arrived = performance.now()
  const lost = takePackets(queue).filter((id) => !line.accepts(id, arrived))
  decidePackets(queue, lost, 'lost')
}
