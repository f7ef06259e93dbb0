// The network emulator: a queueing discipline of the kernel's that delays and loses packets (tc-netem(8), rtnetlink(7)).

import { askNetlink, attribute, attributesOf, type NetlinkMessage, textAttribute, withNetlink } from './netlink.ts'

const RTM_NEWQDISC = 36
const RTM_GETQDISC = 38
const NLM_F_CREATE = 0x400
const NLM_F_REPLACE = 0x100
const NLM_F_DUMP = 0x300
const TC_H_ROOT = 0xffffffff
const TCA_KIND = 1
const TCA_OPTIONS = 2
const TCA_NETEM_LATENCY64 = 10
const TCA_NETEM_PRNG_SEED = 14
/** Of a network namespace, the first interface. */
const loopback = 1
/** struct tc_netem_qopt: latency, limit, loss, gap, duplicate, jitter. */
const optionsLength = 24
/** The kernel counts packet times in pieces of 64 nanoseconds (PSCHED_SHIFT). */
const nanosecondsPerTick = 64n
/** Packets that wait at once; what comes then is lost. */
export const mostWaiting = 10_000

export interface Netem {
  /** Nanoseconds. */
  delay: bigint
  /** Of 2^32 packets. */
  loss: number
}

/** Of the loopback interface of this network namespace. The seed is used from Linux 6.6 on. @throws SysError ENOENT where the kernel has none */
export function setNetem({ delay, loss }: Netem, seed: number): void {
  const options = Buffer.alloc(optionsLength)
  // Kernels before 4.15 read that alone.
  options.writeUInt32LE(Math.min(Number(delay / nanosecondsPerTick), 0xffffffff), 0)
  options.writeUInt32LE(mostWaiting, 4)
  options.writeUInt32LE(loss, 8)
  const extra = [attribute(TCA_NETEM_LATENCY64, quad(delay)), attribute(TCA_NETEM_PRNG_SEED, quad(BigInt(seed)))]
  const body = Buffer.concat([
    tcmsg(TC_H_ROOT),
    textAttribute(TCA_KIND, 'netem'),
    attribute(TCA_OPTIONS, Buffer.concat([options, ...extra])),
  ])
  const flags = NLM_F_CREATE | NLM_F_REPLACE
  withNetlink('route', (fd) => askNetlink(fd, [{ name: 'RTM_NEWQDISC netem', type: RTM_NEWQDISC, flags, body }]))
}

/** What is in force; undefined where packets just pass. */
export function readNetem(): Netem | undefined {
  const dump: NetlinkMessage = { name: 'RTM_GETQDISC', type: RTM_GETQDISC, flags: NLM_F_DUMP, acknowledged: false, body: tcmsg(0) }
  const found = withNetlink('route', (fd) => askNetlink(fd, [dump]))
    .filter(({ type, body }) => type === RTM_NEWQDISC && body.readInt32LE(4) === loopback)
    .map(({ body }) => attributesOf(body.subarray(20)))
    .find((attributes) => attributes.get(TCA_KIND)?.toString('utf8', 0, 5) === 'netem')
    ?.get(TCA_OPTIONS)
  if (!found) return undefined
  const exact = attributesOf(found.subarray(optionsLength)).get(TCA_NETEM_LATENCY64)
  const delay = exact ? exact.readBigInt64LE(0) : BigInt(found.readUInt32LE(0)) * nanosecondsPerTick
  return { delay, loss: found.readUInt32LE(8) }
}

/** struct tcmsg: family, padding, interface, handle, parent, info. */
function tcmsg(parent: number): Buffer {
  const header = Buffer.alloc(20)
  header.writeInt32LE(loopback, 4)
  header.writeUInt32LE(parent, 12)
  return header
}

function quad(number: bigint): Buffer {
  const buffer = Buffer.alloc(8)
  buffer.writeBigUInt64LE(number)
  return buffer
}
