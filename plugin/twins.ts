// Copies of a file at once, in sandboxes that meet in /tmp and on one network: what they would do to each other on one machine shows.
//
// Each has a vitest of its own, as when `vitest run` is started several times, and so global setup is done by each, on that network.

import { realpathSync } from 'node:fs'
import { errorFromData, NsboxError } from '../src/errors.ts'
import { hostFacts } from '../src/host/facts.ts'
import { definedOnly } from '../src/launch/environment.ts'
import { Ports } from '../src/launch/ports.ts'
import { type Sandbox, sockets } from '../src/launch/sandbox.ts'
import { throwawayDirectory } from '../src/launch/throwaway-directory.ts'
import { coldZygote, type ZygoteProcess } from '../src/launch/zygote-process.ts'
import { commonGround } from '../src/plan/common-ground.ts'
import type { AttemptOrder, AttemptResult, AttemptUsage, CampaignSetting } from '../src/stress/attempt.ts'
import type { MissingKnob } from '../src/stress/knobs.ts'
import { heldNetworkKnobs } from '../src/stress/network-knobs.ts'
import { twinsPath } from './entry.ts'
import type { FileSettings } from './file-options.ts'
import type { CopyOutcome } from './twins-inside.ts'

export class Twins {
  readonly #setting: CampaignSetting
  #zygote: ZygoteProcess | undefined

  constructor(setting: CampaignSetting) {
    this.#setting = setting
  }

  /** `settings` are those of the file. @throws NsboxError for what a copy could not be tried for */
  async run(order: AttemptOrder, { reach, request: { traffic, disk, inodes } = {} }: FileSettings): Promise<AttemptResult | MissingKnob> {
    const directory = await throwawayDirectory()
    try {
      const tmp = realpathSync(directory.path)
      const plan = commonGround({ reach, traffic, directory: tmp, disk, inodes, cwd: process.cwd() }, hostFacts(process.env, []))
      if (!this.#zygote?.alive) this.#zygote = coldZygote()
      await this.#zygote.prepared
      const ports = Ports.of(plan)
      ports?.expose()
      const argv = [process.execPath, twinsPath]
      const payload = { kind: 'exec' as const, file: process.execPath, argv, env: definedOnly(process.env) }
      const sandbox = this.#zygote.launch(plan, payload, { ...sockets, ports }) as Sandbox
      sandbox.channel.post({ setting: this.#setting, order, tmp })
      const outcome = await outcomeOf(sandbox)
      if (!('end' in outcome)) return outcome
      return { ...outcome, held: { ...outcome.held, ...heldNetworkKnobs(order.knobs, sandbox) } }
    } finally {
      directory.remove()
    }
  }

  async close(): Promise<void> {
    await this.#zygote?.close()
  }
}

async function outcomeOf(sandbox: Sandbox): Promise<AttemptResult | MissingKnob> {
  let said = ''
  sandbox.stdout.resume()
  sandbox.stderr.on('data', (chunk: Buffer) => {
    said = (said + chunk.toString()).slice(-4096)
  })
  const answered = new Promise<CopyOutcome[]>((resolve) => sandbox.channel.on((message) => resolve(message as CopyOutcome[])))
  const outcomes = await Promise.race([answered, sandbox.ended.then(() => undefined)])
  sandbox.kill()
  const { error } = await sandbox.ended
  if (outcomes) return joined(outcomes)
  return { knob: 'twins', why: error?.message ?? `what runs the copies has ended: ${said.trim()}` }
}

/** The first that failed, or else the first. @throws NsboxError of a copy that could not be tried */
function joined(outcomes: readonly CopyOutcome[]): AttemptResult {
  const results = outcomes.map((outcome) => {
    if ('error' in outcome) throw errorFromData(outcome.error)
    return outcome.result
  })
  const [first] = results
  if (!first) throw new NsboxError('No copy has run', { code: 'ERR_NSBOX_INTERNAL', stage: 'payload' })
  const failed = results.findIndex(({ end }) => end !== 'passed')
  const told = results[failed] ?? first
  const ends = results.map(({ end }, index) => `copy ${index + 1} ${end === 'killed' ? 'was killed' : end}`).join(', ')
  const output = failed === -1 ? '' : `nsbox: of ${results.length} copies at once, ${ends}; this is copy ${failed + 1}\n${told.output}`
  return { ...told, output, usage: sum(results.map(({ usage }) => usage)) }
}

/** Memory is that of the copy that had most: a cap is each one's own. */
function sum(usages: readonly AttemptUsage[]): AttemptUsage {
  const all = (name: 'throttledMs' | 'memoryPeakBytes') => usages.map((usage) => usage[name]).filter((value) => value !== null)
  return {
    wallMs: Math.max(...usages.map(({ wallMs }) => wallMs)),
    cpuMs: usages.reduce((total, { cpuMs }) => total + cpuMs, 0),
    throttledMs: all('throttledMs').length === 0 ? null : all('throttledMs').reduce((total, value) => total + value, 0),
    memoryPeakBytes: all('memoryPeakBytes').length === 0 ? null : Math.max(...all('memoryPeakBytes')),
  }
}
