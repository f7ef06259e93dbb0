// The library's door.

import { requireKnownVitest } from './host/known-vitest.ts'

export type { Change, EntryFacts, EntryType } from './changes/changed.ts'
export type { CreateOptions, ExecOptions, RunOptions } from './config/library-options.ts'
export type { IoOptions, LimitChanges, LimitOptions } from './config/limit-options.ts'
export type { Bind, Duration, ProgramOptions, ResourceLimit, SandboxOptions, Size, Tmpfs } from './config/run-options.ts'
export type { Check, Diagnosis, Place, Remedy } from './doctor/check.ts'
export { type DoctorOptions, doctor } from './doctor/doctor.ts'
export { type ErrorData, type ErrorStage, NsboxError } from './errors.ts'
export type { CapHit } from './launch/sandbox-limits.ts'
export type { SandboxPlan, SealStep } from './plan/plan.ts'
export type { CallOptions } from './run/caller.ts'
export { plan } from './run/plan.ts'
export type { Cause, Report } from './run/report.ts'
export { run } from './run/run.ts'
export type { Running } from './run/running.ts'
export type { LimitedUsage, ResourceUsage } from './run/usage.ts'
export { createSandbox, type WarmSandbox } from './run/warm-sandbox.ts'
export type { NotEnforced } from './wire/protocol.ts'

/**
 * vitest before 4 imports the package that `pool: 'nsbox'` names and calls its default export. This one says which vitest is needed.
 * @throws NsboxError ERR_NSBOX_VITEST
 */
export default function oldPool({ version }: { version: string }): void {
  requireKnownVitest(version)
}
