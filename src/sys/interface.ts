// A network interface with addresses and no way out: one end of a veth pair whose other end is unused (veth(4), rtnetlink(7)).
//
// veth is on every kernel that runs containers. Loading the dummy driver would create dummy0 on the host. A bridge without ports, or a tun
// device that is not open, has no carrier, and programs ignore interfaces that are not running.

import { NsboxError } from '../errors.ts'
import { addressBytes } from './address-bytes.ts'
import { pollReadable } from './descriptor.ts'
import {
  askNetlink,
  askTogether,
  attribute,
  batchOf,
  type NetlinkAnswer,
  type NetlinkBatch,
  type NetlinkMessage,
  nested,
  textAttribute,
  withNetlink,
} from './netlink.ts'

const RTM_NEWLINK = 16
const RTM_GETLINK = 18
const RTM_NEWADDR = 20
const RTM_NEWROUTE = 24
const NLM_F_EXCL = 0x200
const NLM_F_CREATE = 0x400
const AF_INET = 2
const AF_INET6 = 10
const IFF_UP = 1
const IFF_RUNNING = 0x40
const IFF_NOARP = 0x80
const [IFLA_ADDRESS, IFLA_IFNAME, IFLA_LINKINFO, IFLA_AF_SPEC, IFLA_NUM_TX_QUEUES, IFLA_NUM_RX_QUEUES] = [1, 3, 18, 26, 31, 32]
const [IFLA_INFO_KIND, IFLA_INFO_DATA] = [1, 2]
const VETH_INFO_PEER = 1
const IFLA_INET6_ADDR_GEN_MODE = 8
const IN6_ADDR_GEN_MODE_NONE = 1
const IFA_LOCAL = 2
const IFA_F_NODAD = 2
const [RTA_DST, RTA_OIF] = [1, 4]
const [RT_TABLE_MAIN, RTPROT_BOOT, RT_SCOPE_LINK, RTN_UNICAST] = [254, 3, 253, 1]

/** Indexes of the two ends. The kernel may have used the first ones for its fallback tunnels (sysctl net, fb_tunnels_only_for_init_net). */
const [own, peer] = [1000, 1001]

/** Multicast and broadcast, which can be sent on any machine with a network. */
const everybody = [
  ['224.0.0.0', 4],
  ['255.255.255.255', 32],
] as const

/** Errors of a kernel without IPv6, or with IPv6 turned off. Loopback has no ::1 there either. */
const withoutIpv6 = ['EAFNOSUPPORT', 'EOPNOTSUPP', 'EACCES']

export interface Interface {
  name: string
  /** Six bytes, as `00:00:5e:00:53:01`. */
  mac: string
  /** Host addresses: no other address of the same range becomes reachable. */
  addresses: readonly string[]
}

/** Number of checks whether it runs, a millisecond apart. */
const looks = 1000

/** In this network namespace. @throws SysError EOPNOTSUPP where the kernel has no veth */
export function addInterface(asked: Interface): void {
  const batch = prepareInterface(asked)
  withNetlink('route', (fd) => {
    askTogether(fd, batch)
    // A kernel worker notes the carrier (operstates.rst). If it ran before both ends were up, programs ignore the interface until it runs
    // again. From Linux 6.8 on, RTM_GETLINK brings the state up to date.
    for (let look = 0; look < looks; look++) {
      if (isRunning(askNetlink(fd, [theInterface]))) return
      pollReadable([fd], 1)
    }
    throw new NsboxError(`${asked.name} did not come up within a second`, { code: 'ERR_NSBOX_NOT_IN_FORCE', stage: 'seal' })
  })
}

const theInterface: NetlinkMessage = { name: 'RTM_GETLINK', type: RTM_GETLINK, acknowledged: false, body: ifinfomsg(own) }

function isRunning(answers: readonly NetlinkAnswer[]): boolean {
  return answers.some(({ type, body }) => type === RTM_NEWLINK && (body.readUInt32LE(8) & IFF_RUNNING) !== 0)
}

const prepared = new Map<string, NetlinkBatch>()

/** Called before a fork as well, so that children find it ready. */
export function prepareInterface(asked: Interface): NetlinkBatch {
  const key = JSON.stringify(asked)
  const batch = prepared.get(key) ?? batchOf(messagesFor(asked))
  prepared.set(key, batch)
  return batch
}

function messagesFor({ name, mac, addresses }: Interface): NetlinkMessage[] {
  return [
    pair(name, mac),
    // Before they are up: a link-local address would make connections to fe80::/10 hang instead of fail.
    ...[own, peer].map(noAutomaticAddress),
    up(peer),
    up(own),
    ...addresses.map(address),
    ...everybody.map(([to, length]) => route(to, length)),
  ]
}

function pair(name: string, mac: string): NetlinkMessage {
  // By default the driver makes a queue per processor and then removes all but one, which waits for every processor (synchronize_net)
  // and blocks all other changes of networks meanwhile.
  const queues = [IFLA_NUM_TX_QUEUES, IFLA_NUM_RX_QUEUES].map((type) => attribute(type, word(1)))
  const other = Buffer.concat([ifinfomsg(peer), textAttribute(IFLA_IFNAME, `${name}-peer`), ...queues])
  const kind = nested(IFLA_LINKINFO, [textAttribute(IFLA_INFO_KIND, 'veth'), nested(IFLA_INFO_DATA, [attribute(VETH_INFO_PEER, other)])])
  const hardware = attribute(IFLA_ADDRESS, Buffer.from(mac.replaceAll(':', ''), 'hex'))
  return {
    name: 'RTM_NEWLINK veth',
    type: RTM_NEWLINK,
    flags: NLM_F_CREATE | NLM_F_EXCL,
    body: Buffer.concat([ifinfomsg(own), textAttribute(IFLA_IFNAME, name), hardware, ...queues, kind]),
  }
}

function noAutomaticAddress(index: number): NetlinkMessage {
  const mode = attribute(IFLA_INET6_ADDR_GEN_MODE, Buffer.of(IN6_ADDR_GEN_MODE_NONE))
  const body = Buffer.concat([ifinfomsg(index), nested(IFLA_AF_SPEC, [nested(AF_INET6, [mode])])])
  return { name: 'RTM_NEWLINK addrgenmode none', type: RTM_NEWLINK, body, mayFail: withoutIpv6 }
}

/**
 * Without ARP and neighbour discovery. IPv4 takes every address for a neighbour once a socket is bound to an interface (socket(7),
 * SO_BINDTODEVICE), and gc_thresh3 (arp(7)) counts neighbours of all network namespaces together. Those that wait for an answer fill the
 * machine's table; those that need none are the first that the kernel drops when it wants room.
 */
function up(index: number): NetlinkMessage {
  return { name: 'RTM_NEWLINK up', type: RTM_NEWLINK, body: ifinfomsg(index, IFF_UP | IFF_NOARP) }
}

/** struct ifinfomsg: family, padding, type, index, flags, and which of them to change. */
function ifinfomsg(index: number, flags = 0): Buffer {
  return Buffer.concat([Buffer.alloc(4), word(index), word(flags), word(flags)])
}

/** Without duplicate address detection (RFC 4862, 5.4), during which the address cannot be bound. */
function address(text: string): NetlinkMessage {
  const bytes = addressBytes(text)
  const isFour = bytes.length === 4
  // struct ifaddrmsg: family, length of the prefix, flags, scope, index.
  const header = Buffer.concat([Buffer.of(isFour ? AF_INET : AF_INET6, bytes.length * 8, IFA_F_NODAD, 0), word(own)])
  const body = Buffer.concat([header, attribute(IFA_LOCAL, bytes)])
  const flags = NLM_F_CREATE | NLM_F_EXCL
  return { name: `RTM_NEWADDR ${text}`, type: RTM_NEWADDR, flags, body, ...(!isFour && { mayFail: withoutIpv6 }) }
}

function route(to: string, length: number): NetlinkMessage {
  // struct rtmsg: family, lengths of destination and source, type of service, table, protocol, scope, type, flags.
  const header = Buffer.of(AF_INET, length, 0, 0, RT_TABLE_MAIN, RTPROT_BOOT, RT_SCOPE_LINK, RTN_UNICAST, 0, 0, 0, 0)
  const body = Buffer.concat([header, attribute(RTA_DST, addressBytes(to)), attribute(RTA_OIF, word(own))])
  return { name: `RTM_NEWROUTE ${to}/${length}`, type: RTM_NEWROUTE, flags: NLM_F_CREATE, body }
}

function word(number: number): Buffer {
  const buffer = Buffer.alloc(4)
  buffer.writeUInt32LE(number)
  return buffer
}
