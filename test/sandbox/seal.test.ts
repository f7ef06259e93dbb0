// @module-tag root
// Promise: a protection is had, or the sandbox does not start, or its end says what was missing.

import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { ownInterface } from '../../src/plan/network.ts'
import type { SandboxPlan, SealStep } from '../../src/plan/plan.ts'
import { Bench, modes } from '../support/sandbox.ts'

const breaks: SealStep = { why: 'without it nothing', do: 'bind', source: '/no/such/source', target: '/tmp/target', writable: false }

describe.each(modes)('%s', (mode) => {
  let bench: Bench
  beforeAll(() => {
    bench = new Bench({ mode })
  })
  afterAll(() => bench.close())

  const planWith = (seal: SandboxPlan['seal'], extra: SealStep): SandboxPlan => {
    const { plan } = bench.plans.next({ seal })
    const at = plan.steps.findIndex((step) => step.do === 'dev')
    return { ...plan, steps: plan.steps.toSpliced(at, 0, extra) }
  }

  test("'require': a bind without its source ends it before the payload", async () => {
    const end = await bench.sh('echo ran', { plan: planWith('require', breaks) })
    expect(end).toMatchObject({ exitCode: null, signal: null, stdout: '', stderr: '' })
    expect(end.error?.message).toContain('/no/such/source')
  })

  test("'require': the error names the system call", async () => {
    const held: SealStep = { why: 'without it nothing', do: 'hold', paths: ['/no/such/path'] }
    const { error, stdout } = await bench.sh('echo ran', { plan: planWith('require', held) })
    expect({ error, stdout }).toMatchObject({
      stdout: '',
      error: { code: 'ERR_NSBOX_SYSCALL', stage: 'seal', syscall: 'open', errno: 'ENOENT' },
    })
    const device: SealStep = { why: 'without it nothing', do: 'tmpfs', target: '/dev/null', mode: 0o755 }
    expect((await bench.sh('echo ran', { plan: planWith('require', device) })).error).toBeDefined()
  })

  test("'prefer': the rest holds and the end says what does not", async () => {
    const end = await bench.sh('echo ran; touch /etc/nsbox 2>&1; id -u', { plan: planWith('prefer', breaks) })
    expect(end).toMatchObject({ exitCode: 0, notEnforced: [{ protection: 'bind /tmp/target' }] })
    expect(end.stdout).toMatch(/^ran\n.*Read-only file system\n0\n$/)
    expect(end.error).toBeUndefined()
  })

  test('an optional step that fails ends nothing, and is told', async () => {
    // There is one of that name already: it comes after the plan's own.
    const again: SealStep = { why: 'another', do: 'interface', ...ownInterface }
    const planWith = (extra: SealStep) => {
      const { plan } = bench.plans.next()
      return {
        ...plan,
        steps: plan.steps.toSpliced(
          plan.steps.findIndex((step) => step.do === 'chdir'),
          0,
          extra,
        ),
      }
    }
    const end = await bench.sh('echo ran', { plan: planWith({ ...again, optional: true }) })
    expect(end).toMatchObject({ exitCode: 0, stdout: 'ran\n', notEnforced: [{ protection: 'interface', error: { errno: 'EEXIST' } }] })
    expect((await bench.sh('echo ran', { plan: planWith(again) })).error).toMatchObject({ errno: 'EEXIST', syscall: 'netlink' })
  })

  test("'prefer' goes on without no layer that keeps files, 'optional' does", async () => {
    const broken = (seal: SandboxPlan['seal']) => {
      const { plan } = bench.plans.next({ seal })
      const steps = plan.steps.map((step) => (step.do === 'overlay' ? { ...step, layers: ['/no/such/layer'] } : step))
      return { ...plan, steps }
    }
    const preferred = await bench.sh('echo ran', { plan: broken('prefer') })
    expect(preferred).toMatchObject({ exitCode: null, stdout: '' })
    expect(preferred.error?.message).toMatch(/Without it nothing would be thrown away .* seal: 'optional' goes on$/)
    const optional = await bench.sh('echo ran', { plan: broken('optional') })
    expect(optional).toMatchObject({ exitCode: 0, stdout: 'ran\n' })
    expect(optional.notEnforced.map(({ protection }) => protection)).toEqual(expect.arrayContaining([`overlay ${bench.project}`]))
  })

  test('a directory to pass through that does not exist', async () => {
    const change = { passThrough: [join(bench.project, 'absent')] }
    expect((await bench.sh('echo ran', { change })).error?.message).toContain('absent')
  })

  test('a working directory that does not exist', async () => {
    const { error } = await bench.sh('echo ran', { change: { cwd: '/no/such/cwd' } })
    expect(error?.message).toContain('/no/such/cwd')
  })

  test('the zygote serves on after a seal that failed', async () => {
    await bench.sh('exit 0', { plan: planWith('require', breaks) })
    expect(await bench.sh('exit 0')).toMatchObject({ exitCode: 0 })
  })
})
