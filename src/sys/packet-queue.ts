// Packets that the kernel hands to a program, which says of each when it goes on and whether at all (nft(8), "queue").

import { close } from './descriptor.ts'
import { addressOf, bindChecked } from './libc.ts'
import { mostWaiting } from './netem.ts'
import {
  askNetlink,
  attribute,
  attributesOf,
  bigEndian,
  type NetlinkMessage,
  NLMSG_ERROR,
  nested,
  netlinkSocket,
  receiveNetlink,
  sendNetlink,
  textAttribute,
  withNetlink,
} from './netlink.ts'
import { SysError } from './sys-error.ts'

const EPERM = 1
const SOL_NETLINK = 270
const NETLINK_NO_ENOBUFS = 5
const SOL_SOCKET = 1
const SO_RCVBUF = 8
const NLM_F_CREATE = 0x400
const NLM_F_APPEND = 0x800
const NFPROTO_INET = 1
const NF_INET_LOCAL_IN = 1
const NF_DROP = 0
const NF_ACCEPT = 1

/** Subsystems of netfilter, and their messages. */
const nftables = 10
const queue = 3
const [NFNL_MSG_BATCH_BEGIN, NFNL_MSG_BATCH_END] = [0x10, 0x11]
const [NFT_MSG_NEWTABLE, NFT_MSG_NEWCHAIN, NFT_MSG_NEWRULE] = [0, 3, 6]
const [NFQNL_MSG_PACKET, NFQNL_MSG_VERDICT, NFQNL_MSG_CONFIG] = [0, 1, 2]
const NFTA_LIST_ELEM = 1
const [NFQA_CFG_CMD, NFQA_CFG_PARAMS, NFQA_CFG_QUEUE_MAXLEN, NFQA_CFG_MASK, NFQA_CFG_FLAGS] = [1, 2, 3, 4, 5]
const NFQNL_CFG_CMD_BIND = 1
const NFQNL_COPY_META = 1
/** Large packets stay whole. */
const NFQA_CFG_F_GSO = 4
const NFQA_PACKET_HDR = 1
const NFQA_VERDICT_HDR = 2

const setsockopt_ = bindChecked('setsockopt', 'int', ['int', 'int', 'int', 'uint64', 'uint32'])

/**
 * From here on every packet that arrives in this network namespace waits for a word by the socket that is answered.
 * On arrival, because loopback lets go of its sender before: it can send on, as over any line.
 * @throws SysError ENOENT and others, where the kernel has no such queues
 */
export function queuePackets(): number {
  const fd = netlinkSocket('netfilter')
  try {
    const on = word(1)
    setsockopt_(fd, SOL_NETLINK, NETLINK_NO_ENOBUFS, addressOf(on), on.length)
    const size = word(1 << 24)
    // As much as net.core.rmem_max allows.
    setsockopt_(fd, SOL_SOCKET, SO_RCVBUF, addressOf(size), size.length)
    // Before the rule: what arrives at a queue of nobody's is lost.
    askNetlink(fd, [
      config('bind', [attribute(NFQA_CFG_CMD, Buffer.of(NFQNL_CFG_CMD_BIND, 0, 0, 0))]),
      config('parameters', [
        attribute(NFQA_CFG_PARAMS, Buffer.concat([bigEndian(0, 4), Buffer.of(NFQNL_COPY_META)])),
        attribute(NFQA_CFG_QUEUE_MAXLEN, bigEndian(mostWaiting, 4)),
        attribute(NFQA_CFG_MASK, bigEndian(NFQA_CFG_F_GSO, 4)),
        attribute(NFQA_CFG_FLAGS, bigEndian(NFQA_CFG_F_GSO, 4)),
      ]),
    ])
    setRule()
    return fd
  } catch (error) {
    close(fd)
    throw error
  }
}

/** A kernel may have the expression, or the target of older rules that does the same. */
function setRule(): void {
  try {
    addRule(expression('queue', [attribute(1, bigEndian(0, 2)), attribute(2, bigEndian(1, 2))]))
  } catch (error) {
    if ((error as SysError).errno !== 'ENOENT') throw error
    // struct xt_NFQ_info: the number of the queue, with the padding that the kernel asks for.
    addRule(expression('target', [textAttribute(1, 'NFQUEUE'), attribute(2, bigEndian(0, 4)), attribute(3, Buffer.alloc(8))]))
  }
}

function addRule(queueing: Buffer): void {
  const hook = nested(4, [attribute(1, bigEndian(NF_INET_LOCAL_IN, 4)), attribute(2, bigEndian(0, 4))])
  const [table, chain] = ['nsbox', 'arriving']
  const message = (name: string, type: number, attributes: readonly Buffer[]): NetlinkMessage => ({
    name: `NFT_MSG_${name}`,
    type: (nftables << 8) | type,
    flags: NLM_F_CREATE | NLM_F_APPEND,
    body: Buffer.concat([nfgenmsg(NFPROTO_INET, 0), ...attributes]),
  })
  const batch = (type: number): NetlinkMessage => ({ name: 'batch', type, acknowledged: false, body: nfgenmsg(0, nftables) })
  const messages = [
    batch(NFNL_MSG_BATCH_BEGIN),
    message('NEWTABLE', NFT_MSG_NEWTABLE, [textAttribute(1, table)]),
    message('NEWCHAIN', NFT_MSG_NEWCHAIN, [textAttribute(1, table), textAttribute(3, chain), hook, textAttribute(7, 'filter')]),
    message('NEWRULE queue', NFT_MSG_NEWRULE, [textAttribute(1, table), textAttribute(2, chain), nested(4, [queueing])]),
    batch(NFNL_MSG_BATCH_END),
  ]
  withNetlink('netfilter', (fd) => askNetlink(fd, messages))
}

function expression(name: string, data: readonly Buffer[]): Buffer {
  return nested(NFTA_LIST_ELEM, [textAttribute(1, name), nested(2, data)])
}

/** The ids of packets that have come already. @throws SysError EPERM of {@link decidePackets} */
export function takePackets(fd: number): number[] {
  const ids: number[] = []
  for (let received = receiveNetlink(fd); received; received = receiveNetlink(fd)) {
    for (const { type, body } of received) {
      const header = type === ((queue << 8) | NFQNL_MSG_PACKET) ? attributesOf(body.subarray(4)).get(NFQA_PACKET_HDR) : undefined
      if (header) ids.push(header.readUInt32BE(0))
      // Of a packet that is gone by itself there is ENOENT.
      else if (type === NLMSG_ERROR && -body.readInt32LE(0) === EPERM) throw new SysError('netlink', ['NFQNL_MSG_VERDICT'], EPERM)
    }
  }
  return ids
}

/** They arrive now, or never. The caller owns the user namespace that the socket was made in (user_namespaces(7)). */
export function decidePackets(fd: number, ids: readonly number[], fate: 'arrives' | 'lost'): void {
  const verdict = bigEndian(fate === 'lost' ? NF_DROP : NF_ACCEPT, 4)
  const messages = ids.map((id) => ({
    name: 'NFQNL_MSG_VERDICT',
    type: (queue << 8) | NFQNL_MSG_VERDICT,
    acknowledged: false,
    body: Buffer.concat([nfgenmsg(0, 0), attribute(NFQA_VERDICT_HDR, Buffer.concat([verdict, bigEndian(id, 4)]))]),
  }))
  if (messages.length > 0) sendNetlink(fd, messages)
}

function config(name: string, attributes: readonly Buffer[]): NetlinkMessage {
  const body = Buffer.concat([nfgenmsg(0, 0), ...attributes])
  return { name: `NFQNL_MSG_CONFIG ${name}`, type: (queue << 8) | NFQNL_MSG_CONFIG, body }
}

/** struct nfgenmsg: family, version, and the number of the queue or subsystem. */
function nfgenmsg(family: number, resource: number): Buffer {
  return Buffer.concat([Buffer.of(family, 0), bigEndian(resource, 2)])
}

function word(number: number): Buffer {
  const buffer = Buffer.alloc(4)
  buffer.writeInt32LE(number)
  return buffer
}
