// Inside: notices connections, datagrams and names that a sandbox without a network refuses.
//
// It looks where node's own modules call the kernel, below all that tests replace, spy on or mock, and leaves no
// frame in the stack of any error: what fails at once is known when the call returns, what fails later is made
// into an error before the callback of its request is called. The same in Node 22, 24 and 26.

import { isIP, Socket } from 'node:net'
import { Array, isInteger, Number, Object, process, Reflect } from '../src/untouched.ts'
import { isNowhere } from './nowhere-names.ts'

export interface RefusedAttempt {
  /** A name, or an address. */
  host: string
  /** Missing where a name alone was asked for. */
  port?: number
  /** At this localhost: nothing listens there; or something of the sandbox's does. */
  local?: 'refused' | 'served'
}

type Notice = (attempt: RefusedAttempt) => void

interface Handle {
  getpeername(out: object): number
  getsockname(out: { port?: number }): number
}

interface Request {
  hostname?: string
  oncomplete?: unknown
}

type Call = (this: Handle, ...args: never[]) => number
type Methods<Name extends string> = Record<Name, Call>
type RequestClass = { prototype: Request }

interface Bindings {
  tcp_wrap: { TCP: { prototype: Methods<'connect' | 'connect6' | 'listen'> } }
  udp_wrap: { UDP: { prototype: Methods<'connect' | 'connect6' | 'send' | 'send6'> } }
  cares_wrap: { GetAddrInfoReqWrap: RequestClass; QueryReqWrap: RequestClass }
}

// As node has them, which are those of the kernel.
const ENETUNREACH = -101
const ENOTCONN = -107

/** getaddrinfo(3), when no name server answers, or ours does not know the name. */
const lookupFailures = ['EAI_AGAIN', 'EAI_FAIL', 'ENOTFOUND']
/** Of a question to a name server. What one has answered is no refusal: a test may have a server of its own. */
const queryFailures = ['ECONNREFUSED', 'ETIMEOUT']

/** Once, for this process and all that are forked from it. Where node does not let its insides be seen, nothing is noticed. */
export function watchRefusals(notice: Notice): void {
  const found = bindings()
  if (!found) return
  const { TCP } = found.tcp_wrap
  const { UDP } = found.udp_wrap
  const { GetAddrInfoReqWrap, QueryReqWrap } = found.cares_wrap
  for (const name of ['connect', 'connect6'] as const) {
    watchCall(TCP.prototype, name, (handle, result, [request, address, port]: [Request, string, number]) => {
      if (result === ENETUNREACH) notice({ host: address, port })
      else if (result === 0 && isLocal(address)) watchEnd(handle, request, (local) => notice({ host: address, port, local }))
    })
    watchCall(UDP.prototype, name, (_, result, [address, port]: [string, number]) => {
      if (result === ENETUNREACH) notice({ host: address, port })
    })
  }
  watchCall(TCP.prototype, 'listen', (handle, result) => {
    const address: { port?: number } = {}
    if (result === 0 && handle.getsockname(address) === 0) notice({ host: 'localhost', ...address, local: 'served' })
  })
  for (const name of ['send', 'send6'] as const) {
    watchCall(UDP.prototype, name, (_, result, [, , , port, address]: [unknown, unknown, unknown, number | boolean, string?]) => {
      // A connected socket is given none.
      if (result === ENETUNREACH && typeof port === 'number' && address !== undefined) notice({ host: address, port })
    })
  }
  const port = rememberPort()
  watchFailures(GetAddrInfoReqWrap, lookupFailures, port, notice)
  watchFailures(QueryReqWrap, queryFailures, () => undefined, notice)
}

/** Deprecated in words only (DEP0111), and kept from code that runs under a permission model. */
function bindings(): Bindings | undefined {
  const { noDeprecation } = process
  try {
    // With --no-deprecation it is so already, and read-only.
    if (!noDeprecation) process.noDeprecation = true
    const binding = (process as unknown as { binding<Name extends keyof Bindings>(name: Name): Bindings[Name] }).binding.bind(process)
    return { tcp_wrap: binding('tcp_wrap'), udp_wrap: binding('udp_wrap'), cares_wrap: binding('cares_wrap') } as Bindings
  } catch {
    return undefined
  } finally {
    if (noDeprecation === undefined) Reflect.deleteProperty(process, 'noDeprecation')
    else if (!noDeprecation) process.noDeprecation = noDeprecation
  }
}

function watchCall<Name extends string, Args extends unknown[]>(
  methods: Methods<Name>,
  name: Name,
  see: (handle: Handle, result: number, args: Args) => void,
): void {
  const call = methods[name]
  methods[name] = function (this: Handle, ...args: never[]): number {
    const result = Reflect.apply(call, this, args)
    see(this, result, args as unknown as Args)
    return result
  }
}

/** node reads `oncomplete` when the connection is made or has failed, and calls what it has read. */
function watchEnd(handle: Handle, request: Request, ended: (how: 'refused' | 'served') => void): void {
  const complete = request.oncomplete
  Object.defineProperty(request, 'oncomplete', {
    configurable: true,
    get: () => {
      const result = handle.getpeername({})
      if (result === 0) ended('served')
      else if (result === ENOTCONN) ended('refused')
      return complete
    },
  })
}

/** A request is given a function for its error: one of these. */
const takers = ['callback', 'reject']

function watchFailures({ prototype }: RequestClass, codes: string[], port: () => number | undefined, notice: Notice): void {
  for (const name of takers) {
    Object.defineProperty(prototype, name, {
      configurable: true,
      set(this: Request, take: (...args: unknown[]) => unknown) {
        const asked = port()
        const value = (...args: unknown[]) => {
          const { hostname } = this
          const { code = '' } = (args[0] ?? {}) as { code?: string }
          if (hostname && codes.includes(code) && isIP(hostname) === 0 && !isNowhere(hostname))
            notice({ host: hostname, ...(asked && { port: asked }) })
          return Reflect.apply(take, this, args)
        }
        Object.defineProperty(this, name, { configurable: true, enumerable: true, writable: true, value })
      },
    })
  }
}

/** Of the connection that is being begun: its name is looked up before `connect` returns. */
function rememberPort(): () => number | undefined {
  const { connect } = Socket.prototype as unknown as { connect(...args: unknown[]): Socket }
  let port: number | undefined
  const watched = {
    connect(this: Socket, ...args: unknown[]): Socket {
      const before = port
      port = portOf(args)
      try {
        return Reflect.apply(connect, this, args)
      } finally {
        port = before
      }
    },
  }
  Object.defineProperty(Socket.prototype, 'connect', { value: watched.connect, configurable: true, enumerable: true, writable: true })
  return () => port
}

/** `connect(options)`, `connect(port)`, and the list that node's own modules have made of either. */
function portOf([first]: unknown[]): number | undefined {
  if (Array.isArray(first)) return portOf(first)
  const port = Number(typeof first === 'object' && first !== null ? (first as { port?: unknown }).port : first)
  return isInteger(port) && port > 0 ? port : undefined
}

function isLocal(address: string): boolean {
  return /^(::ffff:)?127\.|^::1$|^::$|^0\.0\.0\.0$/.test(address)
}
