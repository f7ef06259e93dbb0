// The inside half of a pool worker: vitest's own worker code over a channel of nsbox.

import { pathToFileURL } from 'node:url'
import type { init, runBaseTests, setupEnvironment } from 'vitest/worker'
import type { PayloadContext } from '../src/payload/preloaded.ts'
import { Math, Number, nextTick, now, Object, Promise, process, Set, String, setImmediate, structuredClone } from '../src/untouched.ts'
import type { Channel } from '../src/wire/channel.ts'
import { turnForFile, turnInside } from './inside-knobs.ts'
import { type LeftBehind, Leftovers } from './left-behind.ts'
import type { HostToWorker, StartMessage, WorkerToHost } from './messages.ts'
import { Mirror, mirrorSnapshots } from './mirror.ts'
import { isOwnModule } from './own-modules.ts'
import { watchRefusals } from './refusal-watch.ts'
import { RefusedAttempts } from './refused-attempts.ts'
import { answerRehearsal, canRehearse, rehearsalRun, rehearsalStart } from './rehearsal.ts'
import { Starts } from './starts.ts'
import { makeTemporaryDirectory } from './temporary-directory.ts'
import { watchTests } from './test-watch.ts'
import { Turns } from './turns.ts'

interface VitestWorkerModule {
  init: typeof init
  runBaseTests: typeof runBaseTests
  setupEnvironment: typeof setupEnvironment
}

type RunTests = Parameters<typeof init>[0]['runTests']
type Teardown = () => Promise<unknown>

export interface WorkerData {
  /** Directory of the vitest that runs the tests, which may not be the one beside nsbox. */
  vitestDist: string
  /** What each file leaves behind is to be told with the message that ends it. */
  looks: boolean
}

// Tests may replace it; the end of a worker must not depend on that.
const exit = process.exit.bind(process)

const listeners = new Set<(message: unknown) => void>()
let channel: Channel | undefined
/** When the tests began: what is younger was written by them. In milliseconds. */
let begun = Number.POSITIVE_INFINITY
let mirror: Mirror | undefined
let tellsTests = false
/** Where what files leave behind is to be told. */
let starts: Starts | undefined
let leftovers: Leftovers | undefined
/** What is looked for when a file ends may take time; the messages keep their order. */
const outgoing = new Turns()
let ownNetwork = false
const refused = new RefusedAttempts()
let root = process.cwd()
let vitestDist = ''
/** What the newest environment gave back; it ends that environment. */
let teardown: Teardown | undefined
/** True in the children of a zygote whose environment was set up before the fork. */
let isWarm = false
/** Takes what vitest posts while there is no channel, before the fork. */
let postedBeforeFork: ((message: unknown) => void) | undefined

export async function prepare(data: unknown): Promise<void> {
  const { looks, ...own } = data as WorkerData
  vitestDist = own.vitestDist
  starts = looks ? new Starts() : undefined
  watchRefusals((attempt) => {
    if (ownNetwork) refused.see(attempt)
  })
  const vitest = (await import(pathToFileURL(`${vitestDist}/worker.js`).href)) as VitestWorkerModule
  const tests =
    (method: 'run' | 'collect'): RunTests =>
    (state, traces) => {
      root = state.config.root
      starts?.watch(state)
      refused.follow(state)
      if (tellsTests) watchTests(state, (test) => send({ nsbox: 'test', test }))
      if (mirror) mirrorSnapshots(state.config.snapshotOptions, mirror)
      // Spent once, before the fork: no file waited for it.
      if (isWarm) Object.defineProperty(state.durations, 'environment', { get: () => 0, set: () => undefined })
      turnForFile()
      return vitest.runBaseTests(method, state, traces).finally(restoreTicks)
    }
  vitest.init({
    post,
    on: (listener) => listeners.add(listener),
    off: (listener) => listeners.delete(listener),
    setup: async (context) => {
      if (!isWarm) teardown = await vitest.setupEnvironment(context)
      return teardown as Teardown
    },
    runTests: tests('run'),
    collectTests: tests('collect'),
  })
}

/** Handles vitest's `start` once for every worker that is forked from here. */
export async function warm(data: unknown): Promise<void> {
  const start = data as StartMessage
  const own = new Set(listeners)
  const { error } = await ask(rehearsalStart(start))
  if (error) throw error
  if (canRehearse(start)) await ask(rehearsalRun(start))
  if (starts) await new Leftovers(starts).rehearse()
  // The RPC that `start` made has no other end; each child makes its own.
  for (const listener of listeners) if (!own.has(listener)) listeners.delete(listener)
  isWarm = true
}

/** Delivers a request while there is no channel, and waits for vitest's response to it. */
function ask(request: object): Promise<{ error?: unknown }> {
  return new Promise((resolve) => {
    postedBeforeFork = (message) => {
      const answer = answerRehearsal(message)
      if (answer) setImmediate(() => deliver(answer))
      if ((message as { __vitest_worker_response__?: true }).__vitest_worker_response__) resolve(message as { error?: unknown })
    }
    deliver(request)
  })
}

export function run(context: PayloadContext): void {
  // What tests see in a worker of forks.
  process.argv.splice(1, Number.POSITIVE_INFINITY, `${vitestDist}/workers/forks.js`)
  channel = context.channel
  mirror = new Mirror(send)
  leftovers = starts && new Leftovers(starts)
  channel.on((message) => receive(message as HostToWorker))
  void channel.closed.then(() => exit(1))
}

function receive(message: HostToWorker): void {
  if ('vitest' in message) {
    if ((message.vitest as { type?: string }).type === 'run') begun = Math.min(begun, now())
    return deliver(message.vitest)
  }
  switch (message.nsbox) {
    case 'ping':
      return send({ nsbox: 'pong' })
    case 'tell-tests':
      tellsTests = true
      return
    case 'worker':
      process.env['NSBOX_WORKER'] = String(message.number)
      ownNetwork = message.ownNetwork
      makeTemporaryDirectory(process.env)
      return
    case 'knobs':
      return void turnInside(message.knobs).then((missing) => send({ nsbox: 'turned', missing }))
    case 'mirrored':
      return mirror?.settle(message)
    case 'exit':
      exit(0)
  }
}

/**
 * Before vitest says that it is done it waits for a write to standard output, of which node tells by the `process.nextTick` of that
 * time. In a child process of node vitest lets nobody fake it; threads have no such stream.
 */
async function restoreTicks(): Promise<void> {
  // With its requests vitest puts the faked one back, in the next tick.
  await new Promise((resolve) => setImmediate(resolve))
  process.nextTick = nextTick
}

function deliver(message: unknown): void {
  for (const listener of [...listeners]) listener(message)
}

function post(message: unknown): void {
  const attempts = refused.take()
  if (attempts) send(attempts)
  if (!channel) return postedBeforeFork?.(message)
  const left = lookAt(message)
  if (!(left instanceof Promise) && outgoing.isOver) return sendWith(message, left)
  // vitest empties lists of its messages once they are posted.
  const kept = structuredClone(message)
  outgoing.take(() => sendLater(kept, left))
}

/** Rejects where a look at the first try fails, as a later one does. */
function lookAt(message: unknown): LeftBehind | Promise<LeftBehind> | undefined {
  try {
    return leftovers?.see(message)
  } catch (error) {
    return Promise.reject(error)
  }
}

/** What cannot be looked at must not hold the message back: vitest waits for it, and is told of the error as of any other. */
async function sendLater(message: unknown, left: LeftBehind | Promise<LeftBehind> | undefined): Promise<void> {
  try {
    sendWith(message, await left)
  } catch (error) {
    send({ vitest: message })
    nextTick(() => {
      throw error
    })
  }
}

function sendWith(message: unknown, left: LeftBehind | undefined): void {
  const own = isOwnModule(message, begun, root)
  send({ vitest: message, ...(own && { own }), ...(left && { left }) })
}

function send(message: WorkerToHost): void {
  channel?.post(message)
}
