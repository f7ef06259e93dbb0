// Packets of localhost that arrive late, or never: by the kernel where it can, else by whoever is passed a queue of them.

import { NsboxError } from '../errors.ts'
import type { Traffic } from '../plan/traffic.ts'
import { readNetem, setNetem } from '../sys/netem.ts'
import { queuePackets } from '../sys/packet-queue.ts'
import { SysError } from '../sys/sys-error.ts'

/** Answers the queue's socket, or undefined where the kernel does it. @throws NsboxError ERR_NSBOX_TRAFFIC where there is neither */
export function shapeTraffic(traffic: Traffic): number | undefined {
  const netem = refusalOf(() => emulate(traffic))
  if (!netem.refusal) return undefined
  const queue = refusalOf(queuePackets)
  if (!queue.refusal) return queue.result
  const why = `it has neither netem (${netem.refusal.message}) nor queues of packets (${queue.refusal.message})`
  throw new NsboxError(`This kernel cannot delay or lose packets: ${why}`, {
    code: 'ERR_NSBOX_TRAFFIC',
    stage: 'seal',
    hint: 'As root: modprobe sch_netem, or modprobe -a nf_tables nft_queue nfnetlink_queue. Distributions have the first in a package of more modules, such as linux-modules-extra.',
  })
}

function emulate({ delay, loss, seed }: Traffic): void {
  const asked = { delay: BigInt(Math.round(delay * 1e6)), loss: Math.round(loss * 0xffffffff) }
  setNetem(asked, seed)
  const held = readNetem()
  if (held?.delay === asked.delay && held.loss === asked.loss) return
  const words = held ? `${held.delay} ns and ${held.loss} of 2^32` : 'none'
  throw new NsboxError(`delay and loss were set to ${asked.delay} ns and ${asked.loss} of 2^32 packets, and the kernel holds ${words}`, {
    code: 'ERR_NSBOX_NOT_IN_FORCE',
    stage: 'seal',
  })
}

/** Of the kernel's; any other error is thrown. */
function refusalOf<T>(act: () => T): { result: T; refusal?: never } | { refusal: SysError } {
  try {
    return { result: act() }
  } catch (error) {
    if (error instanceof SysError) return { refusal: error }
    throw error
  }
}
