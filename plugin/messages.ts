// What the two halves of a pool worker say to each other, besides vitest's own messages.

import type { Knobs, MissingKnob } from '../src/stress/knobs.ts'
import type { LeftBehind } from './left-behind.ts'
import type { RefusedMessage } from './refused-attempts.ts'
import type { RunningTest } from './test-watch.ts'

export type HostToWorker =
  | { vitest: unknown }
  /** Answered as soon as the worker's event loop turns. */
  | { nsbox: 'ping' }
  /** Each test is to be told of before it runs. That takes some 20 µs, which is as much as a small test does. */
  | { nsbox: 'tell-tests' }
  /** Before anything of its file: its number among all that run on this machine, and whether its network is its own. */
  | { nsbox: 'worker'; number: number; ownNetwork: boolean }
  /** What an attempt turns inside, before its file is asked for. Answered with `turned`. */
  | { nsbox: 'knobs'; knobs: Knobs }
  | { nsbox: 'mirrored'; id: number; error?: string }
  /** Leave the way node does, so that profiles are written. */
  | { nsbox: 'exit' }

export interface VitestMessage {
  vitest: unknown
  /** A question about a module that a test may have written. */
  own?: true
  /** Of the file that ends with this message. */
  left?: LeftBehind
}

export type WorkerToHost =
  | VitestMessage
  | { nsbox: 'pong' }
  /** All knobs are turned but these. */
  | { nsbox: 'turned'; missing: MissingKnob[] }
  /** Sent before the test runs. */
  | { nsbox: 'test'; test: RunningTest }
  /** Sent before vitest's next message. */
  | RefusedMessage
  /** Make the host's file like the sandbox's: these bytes, or absent. */
  | { nsbox: 'mirror'; id: number; path: string; content: Uint8Array | null }

/** Which snapshots vitest writes in a run. */
export type SnapshotUpdate = 'all' | 'new' | 'none'

/** Parts of vitest's `start` message that nsbox reads. */
export interface StartMessage {
  __vitest_worker_request__: true
  type: 'start'
  context: {
    environment: { name: string; options: unknown }
    config: { experimental?: { viteModuleRunner?: boolean }; snapshotOptions: { updateSnapshot: SnapshotUpdate } }
  }
  traces: { enabled: boolean }
}

/** Environments that vitest brings itself, and that need nothing from the host to be set up. */
const builtInEnvironments = ['node', 'jsdom', 'happy-dom', 'edge-runtime']

/** True when the message can be handled once, before the fork, for all the workers it fits. */
export function canWarm({ context, traces }: StartMessage): boolean {
  return (
    builtInEnvironments.includes(context.environment.name) && !traces.enabled && context.config.experimental?.viteModuleRunner !== false
  )
}
