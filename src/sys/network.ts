// Network interfaces (netdevice(7)), and sockets of localhost.

import { close } from './descriptor.ts'
import { addressOf, bind, bindChecked, checked } from './libc.ts'

const AF_INET = 2
const SOCK_DGRAM_CLOEXEC = 2 | 0o2000000
const SIOCGIFFLAGS = 0x8913
const SIOCSIFFLAGS = 0x8914
const IFF_UP = 1

const socket_ = bindChecked('socket', 'int', ['int', 'int', 'int'])
const bind_ = bind('bind', 'int', ['int', 'uint64', 'int'])
const ioctl_ = bindChecked('ioctl', 'int', ['int', 'ulong', 'uint64'])

/** Brings an interface of this network namespace up. A new namespace has only `lo`, down. */
export function interfaceUp(name: string): void {
  const socket = socket_(AF_INET, SOCK_DGRAM_CLOEXEC, 0)
  try {
    const request = Buffer.alloc(40) // struct ifreq: name[16], then the flags
    request.write(name)
    ioctl_(socket, SIOCGIFFLAGS, addressOf(request))
    request.writeInt16LE(request.readInt16LE(16) | IFF_UP, 16)
    ioctl_(socket, SIOCSIFFLAGS, addressOf(request))
  } finally {
    close(socket)
  }
}

/** A socket for datagrams to 127.0.0.1, in this network namespace. */
export function localhostDatagrams(port: number): number {
  const fd = socket_(AF_INET, SOCK_DGRAM_CLOEXEC, 0)
  const address = Buffer.alloc(16) // struct sockaddr_in: sa_family_t, then port and address in network order
  address.writeUInt16LE(AF_INET, 0)
  address.writeUInt16BE(port, 2)
  address.set([127, 0, 0, 1], 4)
  checked(bind_(fd, addressOf(address), address.length), 'bind', [fd, `127.0.0.1:${port}`])
  return fd
}
