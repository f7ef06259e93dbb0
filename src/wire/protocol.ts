// Every message between the host, its zygotes and their sandboxes.

import type { ErrorData } from '../errors.ts'
import type { SandboxPlan } from '../plan/plan.ts'

/** What runs in a sandbox once it is sealed. */
export type Payload =
  /** A program, started with exactly these words and this environment. */
  | { kind: 'exec'; file: string; argv: string[]; env: Record<string, string> }
  /** The exported `run` of the module that the zygote has preloaded. */
  | { kind: 'preloaded'; data: unknown; execArgv: string[] }
  /** Some work of every kind that a bad fork breaks; exit code 0 when all of it went well. */
  | { kind: 'self-check' }

/** A module for a zygote to import before the first fork. */
export interface Preload {
  url: string
  /** For the module's `prepare`. */
  data: unknown
}

export type HostToZygote =
  /** First message: what to import before the first fork. */
  | { type: 'prepare'; preload: Preload | null }
  /** Handed to the preloaded module's `warm`. */
  | { type: 'warm'; data: unknown }
  /** Comes with four descriptors: stdin, stdout, stderr and the channel. */
  | { type: 'fork'; id: number; plan: SandboxPlan; payload: Payload }
  | { type: 'kill'; id: number }

export type ZygoteToHost =
  | { type: 'prepared'; error?: ErrorData }
  | { type: 'warmed'; error?: ErrorData }
  /** The pid of the sandbox's init, as the host sees it. */
  | { type: 'forked'; id: number; pid: number }
  | { type: 'ended'; id: number; end: SandboxEnd }

/** A protection that was asked for with `prefer` and could not be had. */
export interface NotEnforced {
  protection: string
  error: ErrorData
}

/** How a sandbox ended. */
export interface SandboxEnd {
  /** The payload's exit code, or null when a signal ended it or it never ran. */
  exitCode: number | null
  /** Name of the signal that ended the payload, such as `SIGSEGV`. */
  signal: string | null
  /** Why the payload could not be started, or what went wrong around it. */
  error?: ErrorData
  notEnforced: NotEnforced[]
}

/** What a sandbox's init reports through its pipe; the zygote makes a {@link SandboxEnd} of it. */
export interface InitReport {
  /** Wait status of the payload (waitpid(2)). */
  status?: number
  error?: ErrorData
  notEnforced: NotEnforced[]
}
