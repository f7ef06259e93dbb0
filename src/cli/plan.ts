// `nsbox plan`: every step that would seal a command here. Does nothing.

import { parseRunFlags } from '../config/run-flags.ts'
import { Plans } from '../launch/plans.ts'
import { formatPlan } from '../plan/format.ts'
import { jsonText } from '../quoted.ts'
import { wantsChanges } from './afterwards.ts'
import { sealedHelp } from './help.ts'
import { print } from './print.ts'
import { limitsRequestedHere, requestHere } from './request-here.ts'

/** @throws NsboxError ERR_NSBOX_CONFIG */
export async function printPlan(words: string[]): Promise<number> {
  const flags = await parseRunFlags(words, 'nsbox plan')
  if (flags.help) {
    print(sealedHelp('plan'))
    return 0
  }
  const { plan: steps } = new Plans(await requestHere(flags.sandbox, null), process.env).next({ apart: wantsChanges(flags.changes) })
  const limits = (await limitsRequestedHere(flags.sandbox))?.limits
  const plan = limits ? { ...steps, limits } : steps
  print(flags.output.json ? jsonText(plan, 2) : formatPlan(plan))
  return 0
}
