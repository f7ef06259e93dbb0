import { describe, expect, test } from 'vitest'
import { deniedSyscalls, seccompFilter } from '../../../src/plan/seccomp-filter.ts'
import { type Arch, auditArchitecture, syscallNumberOn } from '../../../src/sys/syscall-numbers.ts'

const EPERM = 0x00050001
const ENOSYS = 0x00050026
const ALLOW = 0x7fff0000

/** Runs the filter as the kernel would: loads, three kinds of conditional jump, and return. */
function answer(arch: Arch, nr: number, args: number[] = [], audit: number = auditArchitecture[arch]): number {
  const data = new Map([[0, nr], [4, audit], ...args.map((value, index): [number, number] => [16 + 8 * index, value])])
  const program = seccompFilter(arch)
  let accumulator = 0
  for (let at = 0; at < program.length; at++) {
    const { code, jumpTrue, jumpFalse, k } = program[at] as (typeof program)[number]
    if (code === 0x06) return k >>> 0
    if (code === 0x20) accumulator = data.get(k) ?? 0
    else {
      const holds = code === 0x15 ? accumulator === k : code === 0x35 ? accumulator >= k : (accumulator & k) !== 0
      at += holds ? jumpTrue : jumpFalse
    }
  }
  throw new Error('the filter has no end')
}

describe.each<Arch>(['x64', 'arm64'])('on %s', (arch) => {
  const number = (name: Parameters<typeof syscallNumberOn>[1]) => syscallNumberOn(arch, name) as number

  test.each(
    Object.values(deniedSyscalls)
      .flat()
      .filter((name) => syscallNumberOn(arch, name) !== undefined),
  )('%s is refused', (name) => {
    expect(answer(arch, number(name))).toBe(EPERM)
  })

  test('clone3 and io_uring are absent, so that callers fall back', () => {
    expect(answer(arch, number('clone3'))).toBe(ENOSYS)
    expect(answer(arch, number('io_uring_setup'))).toBe(ENOSYS)
  })

  test('clone makes processes and threads, not namespaces', () => {
    expect(answer(arch, number('clone'), [0x003d0f00])).toBe(ALLOW)
    for (const flag of [0x00020000, 0x02000000, 0x04000000, 0x08000000, 0x10000000, 0x20000000, 0x40000000]) {
      expect(answer(arch, number('clone'), [flag | 17])).toBe(EPERM)
    }
  })

  test('ioctl works, but not to type into a terminal', () => {
    expect(answer(arch, number('ioctl'), [0, 0x5401])).toBe(ALLOW)
    expect(answer(arch, number('ioctl'), [0, 0x5412])).toBe(EPERM)
    expect(answer(arch, number('ioctl'), [0, 0x541c])).toBe(EPERM)
  })

  test("another architecture's numbers, and x32's, are not known here", () => {
    expect(answer(arch, 1, [], 0x40000003)).toBe(ENOSYS)
    expect(answer(arch, 0x40000000 | 1)).toBe(ENOSYS)
  })

  test('everything else is allowed', () => {
    for (const nr of [0, 1, 2, 3, 59, 221, 262, 424]) expect(answer(arch, nr)).toBe(ALLOW)
  })
})
