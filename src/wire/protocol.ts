// Every message between the host, its zygotes and their sandboxes.

import type { ErrorData } from '../errors.ts'
import type { EmulatedChange } from '../plan/limits.ts'
import type { SandboxPlan } from '../plan/plan.ts'

/** What runs in a sandbox once it is sealed. */
export type Payload =
  /** A program. */
  | ({ kind: 'exec' } & Program)
  /** The exported `run` of the module that the zygote has preloaded. */
  | { kind: 'preloaded'; data: unknown; execArgv: string[] }
  /** Some work of every kind that a bad fork breaks; exit code 0 when all of it went well. */
  | { kind: 'self-check' }

/** A program, started with exactly these words and this environment. */
export interface Program {
  file: string
  argv: string[]
  env: Record<string, string>
}

/**
 * What travels with a fork: the payload's own, a socket for handles that the sandbox passes back, a pipe that
 * hangs up once it is sealed and they are passed, a socket on which init takes orders, and the directory of the
 * cgroup to be born in.
 */
export type DescriptorName = 'stdin' | 'stdout' | 'stderr' | 'channel' | 'handles' | 'sealed' | 'control' | 'cgroup'
export type Descriptors = Record<'stdin' | 'stdout' | 'stderr', number> & Partial<Record<DescriptorName, number>>

/**
 * The letters of what init passes back: a handle to what overlays keep; one to the root directory; for each port of `forward` the sockets that
 * listen; for `expose` the seeds of sockets that connect; of the name server a socket for datagrams, and those that listen;
 * a queue of packets to be delayed.
 */
export const handedBackAs = { scratch: 's', root: 'r', forward: 'f', expose: 'e', names: 'n', packets: 'p' } as const
export type HandedBack = keyof typeof handedBackAs

/** A function to call in a sandbox. */
export interface CallRequest {
  url: string
  /** Of the export. */
  name: string
  args: unknown[]
}

/** A clone of an error has its name, message, stack and cause; what else it had travels beside it. */
export type CallAnswer = { result: unknown } | { error: unknown; fields: Record<string, unknown> }

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
  /** Comes with descriptors, in this order. */
  | { type: 'fork'; id: number; plan: SandboxPlan; payload: Payload; descriptors: DescriptorName[] }
  /** The ids of a sandbox whose plan leaves them to newuidmap(1) are mapped: it may go on. */
  | { type: 'mapped'; id: number }
  | { type: 'kill'; id: number }

/** An order to the init of a running sandbox, by its `control` socket: one JSON text a line. Each is answered. */
export type InitOrder = { id: number } & (
  | { do: 'set-limits'; limits: EmulatedChange }
  /** Stops all processes, or lets them go on. */
  | { do: 'freeze' }
  | { do: 'thaw' }
  | { do: 'usage' }
)

export interface InitAnswer {
  id: number
  /** The order could not be carried out; of `set-limits`, when the plan says `require`: what else was given is in force. */
  error?: ErrorData
  /** Of `set-limits`, when the plan says `prefer`: those that are not in force. */
  notEnforced?: NotEnforced[]
  /** Of `usage`. */
  usage?: EmulatedUsage
}

/** What init has counted of the processes that it limits. */
export interface EmulatedUsage {
  /** Microseconds of CPU time of all processes that are or were in the sandbox. */
  cpuMicros: number
  /** Microseconds for which they were stopped by the cap on CPU time. */
  throttledMicros: number
  /** Periods of the cap in which they ran, and those of them in which they were stopped. */
  periods: number
  throttledPeriods: number
  /** Most memory seen at once, in bytes; missing when nobody looked. */
  memoryPeak?: number
}

/** An emulated cap that ended the sandbox. */
export interface EmulatedHit {
  limit: 'memory'
  /** Bytes. */
  cap: number
  seen: number
}

export type ZygoteToHost =
  | { type: 'prepared'; error?: ErrorData }
  | { type: 'warmed'; error?: ErrorData }
  /** The pid of the sandbox's init, as the host sees it. */
  | { type: 'forked'; id: number; pid: number }
  | { type: 'ended'; id: number; end: SandboxEnd }

/** A protection that could not be had, and that the sandbox went on without. */
export interface NotEnforced {
  protection: string
  error: ErrorData
  /** What that means for whoever runs something in it, where that is known. */
  lost?: string
}

/** Resources that all processes of a sandbox have used together. */
export interface Usage {
  /** Microseconds of CPU time. */
  userMicros: number
  systemMicros: number
  /** Resident memory of the largest process, in bytes. */
  maxRss: number
  voluntarySwitches: number
  involuntarySwitches: number
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
  /** Missing when the sandbox could not report. */
  usage?: Usage
  /** Where init saw to limits. */
  emulated?: EmulatedUsage
  hit?: EmulatedHit
  /** Limits that programs had no way to see. */
  unseen?: string[]
}

/** A line of the pipe that init, and the payload until it is the program, report through. */
export type ReportLine =
  /** The payload was stopped by this signal (waitpid(2), WUNTRACED). */
  | { stopped: number }
  /** The payload's process could not become the program. */
  | { failed: ErrorData }
  /** Of the payload's last steps. */
  | { notEnforced: NotEnforced[] }
  | { ended: InitReport }

export interface InitReport {
  /** Wait status of the payload (waitpid(2)). */
  status?: number
  error?: ErrorData
  notEnforced: NotEnforced[]
  usage?: Usage
  emulated?: EmulatedUsage
  hit?: EmulatedHit
  unseen?: string[]
}
