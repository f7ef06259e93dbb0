// The library's door.

export type { Change, EntryFacts, EntryType } from './changes/changed.ts'
export type { CreateOptions, ExecOptions, RunOptions } from './config/library-options.ts'
export type { Bind, Duration, ProgramOptions, ResourceLimit, SandboxOptions, Size, Tmpfs } from './config/run-options.ts'
export { type ErrorData, type ErrorStage, NsboxError } from './errors.ts'
export type { SandboxPlan, SealStep } from './plan/plan.ts'
export type { CallOptions } from './run/caller.ts'
export { plan } from './run/plan.ts'
export type { Cause, Report, ResourceUsage } from './run/report.ts'
export { run } from './run/run.ts'
export type { Running } from './run/running.ts'
export { createSandbox, type WarmSandbox } from './run/warm-sandbox.ts'
export type { NotEnforced } from './wire/protocol.ts'
