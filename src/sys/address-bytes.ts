// An IP address as bytes, in the order of the network (inet_pton(3)).

import { isIPv4 } from 'node:net'

/** `::ffff:1.2.3.4` and `::1` among them. */
export function addressBytes(address: string): Buffer {
  if (isIPv4(address)) return Buffer.from(address.split('.').map(Number))
  const [bare = ''] = address.split('%')
  const hex = bare.replace(/[^:]+\.[^:]+$/, (four) =>
    addressBytes(four)
      .toString('hex')
      .replace(/^(.{4})/, '$1:'),
  )
  const [before = '', after] = hex.split('::')
  const groups = (part: string) => part.split(':').filter(Boolean)
  const [head, tail] = [groups(before), groups(after ?? '')]
  const all = [...head, ...Array.from({ length: after === undefined ? 0 : 8 - head.length - tail.length }, () => '0'), ...tail]
  return Buffer.from(all.map((group) => group.padStart(4, '0')).join(''), 'hex')
}
