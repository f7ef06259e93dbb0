// What a plan takes, from the flags and the place where the command was called; mistakes name the flag.

import { flagOf, inFlags, type RunFlags } from '../config/run-flags.ts'
import type { ResolvedSandboxOptions } from '../config/run-options.ts'
import { errorFromData, errorToData, NsboxError } from '../errors.ts'
import { Plans } from '../launch/plans.ts'
import type { LimitRequest, SandboxRequest } from '../plan/request.ts'
import { requireKeptApart } from '../run/layers.ts'
import { limitRequest } from '../run/limit-request.ts'
import { WrongOption } from '../run/paths.ts'
import { sandboxRequest } from '../run/request.ts'

/** @throws NsboxError ERR_NSBOX_CONFIG */
export function requestHere(options: ResolvedSandboxOptions, terminal: string | null): Promise<SandboxRequest> {
  return namingFlags(options, () => sandboxRequest(options, callersDirectory(), terminal))
}

/** @throws NsboxError ERR_NSBOX_CONFIG */
export async function plansHere({ sandbox, changes: { keep } }: RunFlags, terminal: string | null): Promise<Plans> {
  const plans = new Plans(await requestHere(sandbox, terminal), process.env)
  if (keep !== undefined) requireKeptApart(keep, plans.overlays, '--keep')
  return plans
}

/** @throws NsboxError ERR_NSBOX_CONFIG */
export function limitsRequestedHere(options: ResolvedSandboxOptions): Promise<LimitRequest | null> {
  return namingFlags(options, () => limitRequest(options, callersDirectory()))
}

/** Errors of the library call options by their flags. */
export async function namingFlags<T>(options: ResolvedSandboxOptions, act: () => T | Promise<T>): Promise<T> {
  try {
    return await act()
  } catch (error) {
    if (!NsboxError.is(error)) throw error
    throw errorFromData(inFlags(errorToData(error instanceof WrongOption ? named(options, error) : error)))
  }
}

/** Some know their flag, such as --keep, which is no option of a sandbox. */
function named(options: ResolvedSandboxOptions, error: WrongOption): NsboxError {
  const flag = isReadOnlyBind(options, error) ? '--ro-bind' : flagOf([error.option])
  return flag === error.option ? error : error.named(flag)
}

function callersDirectory(): string {
  try {
    return process.cwd()
  } catch {
    throw new NsboxError('The directory you are in was deleted, or cannot be reached any more', {
      code: 'ERR_NSBOX_CONFIG',
      stage: 'config',
      hint: 'Go to another one: cd ~',
    })
  }
}

function isReadOnlyBind({ binds }: ResolvedSandboxOptions, { option, value }: WrongOption): boolean {
  return option === 'binds' && binds.some(({ source, readOnly }) => source === value && readOnly)
}
