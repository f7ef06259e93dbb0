// Whether something listens at a port of this machine's localhost (proc_net(5)).

import { existsSync, readFileSync } from 'node:fs'

const LISTEN = '0A'
/** In the order of the machine's bytes: any address and localhost, of both kinds. */
const reachable = ['00000000', '0100007F', '0'.repeat(32), '00000000000000000000000001000000', '0000000000000000FFFF00000100007F']

export function isListening(port: number): boolean {
  const wanted = port.toString(16).toUpperCase().padStart(4, '0')
  return ['/proc/net/tcp', '/proc/net/tcp6'].filter(existsSync).some((path) => {
    const rows = readFileSync(path, 'utf8').split('\n').slice(1)
    return rows.some((row) => {
      const [, local = '', , state] = row.trim().split(/\s+/)
      const [address = '', listened] = local.split(':')
      return state === LISTEN && listened === wanted && reachable.includes(address)
    })
  })
}
