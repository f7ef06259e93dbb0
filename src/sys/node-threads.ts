// Gives a forked node its worker threads back.
//
// fork(2) copies only the calling thread, so V8's concurrent garbage collection and compilation would
// wait for ever on threads that are gone, and so would node's exit. node::NodePlatform keeps them
// behind one std::shared_ptr<WorkerThreadsTaskRunner>. A second platform, constructed in the child,
// brings a live runner; swapping the two pointers gives it to the first platform, which V8 holds.
//
// This leans on node's private layout. The layout is recognised, never assumed: the pointer is the
// pair that follows the tracing controller in both objects. Whoever calls this tries it in a
// throwaway child first.

import { bind, hasSymbol, symbolAddress } from './libc.ts'

const constructorSymbol = '_ZN4node12NodePlatformC1EiPN2v817TracingControllerEPNS1_13PageAllocatorE'
const tracingController = '_ZN4node12NodePlatform20GetTracingControllerEv'
const workerThreads = '_ZN4node12NodePlatform21NumberOfWorkerThreadsEv'
const virtualTable = '_ZTVN4node12NodePlatformE'
const processPlatform = '_ZN4node11per_process11v8_platformE'

const construct = bind(constructorSymbol, 'void', ['uint64', 'int', 'uint64', 'uint64'])
const getTracingController = bind(tracingController, 'uint64', ['uint64'])
const numberOfWorkerThreads = bind(workerThreads, 'int', ['uint64'])
const malloc = bind('malloc', 'uint64', ['ulong'])
const copyOut = bind('memcpy', 'uint64', ['void *', 'uint64', 'ulong'])
const copyIn = bind('memcpy', 'uint64', ['uint64', 'void *', 'ulong'])

const platformSize = 512
const pointer = 8

/** True when this node exports what {@link restoreWorkerThreads} needs. */
export function canRestoreWorkerThreads(): boolean {
  return [constructorSymbol, tracingController, workerThreads, virtualTable, processPlatform].every(hasSymbol)
}

/** @throws Error when the layout is not the known one; the process is unchanged then */
export function restoreWorkerThreads(count: number): void {
  const platform = findPlatform()
  const tracing = BigInt(getTracingController(platform))
  const spare = BigInt(malloc(platformSize))
  write(spare, Buffer.alloc(platformSize))
  construct(spare, count, tracing, 0)
  const restored = numberOfWorkerThreads(spare) // counts the scheduler of delayed tasks too
  const offset = findRunner(read(platform, 256), read(spare, 256), tracing)
  const dead = read(platform + offset, 2 * pointer)
  write(platform + offset, read(spare + offset, 2 * pointer))
  write(spare + offset, dead)
  if (numberOfWorkerThreads(platform) !== restored) throw new Error('node did not take the new worker threads')
}

function findPlatform(): bigint {
  const vtable = symbolAddress(virtualTable) + BigInt(2 * pointer)
  const holder = read(symbolAddress(processPlatform), 8 * pointer)
  for (let at = 0; at < holder.length; at += pointer) {
    const candidate = holder.readBigUInt64LE(at)
    const isHeapPointer = candidate > 0x10000n && candidate < 0x7fff_ffff_ffffn && candidate % 8n === 0n
    if (isHeapPointer && read(candidate, pointer).readBigUInt64LE(0) === vtable) return candidate
  }
  throw new Error('node::NodePlatform was not found')
}

/** Members in order: tracing controller, page allocator (null), then the shared_ptr's two words. */
function findRunner(platform: Buffer, spare: Buffer, tracing: bigint): bigint {
  for (let at = 0; at + 4 * pointer <= platform.length; at += pointer) {
    const matches = [platform, spare].every(
      (object) =>
        object.readBigUInt64LE(at) === tracing &&
        object.readBigUInt64LE(at + pointer) === 0n &&
        object.readBigUInt64LE(at + 2 * pointer) !== 0n &&
        object.readBigUInt64LE(at + 3 * pointer) !== 0n,
    )
    if (matches) return BigInt(at + 2 * pointer)
  }
  throw new Error('the layout of node::NodePlatform is not the known one')
}

function read(address: bigint, length: number): Buffer {
  const bytes = Buffer.alloc(length)
  copyOut(bytes, address, length)
  return bytes
}

function write(address: bigint, bytes: Buffer): void {
  copyIn(address, bytes, bytes.length)
}
