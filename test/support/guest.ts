// What a test knows of the guest that it runs in: test/lab.

import type { TestContext } from 'vitest'
import { needs } from './doctor.ts'

/** `uml-plain`, `qemu-systemd`, … */
export const guest: string | undefined = process.env['NSBOX_TEST_GUEST']

/** Which controllers systemd gives users in it. */
export const delegate: string | undefined = process.env['NSBOX_TEST_DELEGATE']

/** Skips the test in any other guest, and outside of guests. */
export function needsGuest(context: TestContext, manager: 'plain' | 'systemd'): void {
  needs(context, `a guest of test/lab, ${manager}`, guest?.endsWith(`-${manager}`) === true)
}

/** As the guest's kernel has them, in the order of cgroup.controllers. */
export const controllers: string[] = guest?.startsWith('qemu') ? ['cpuset', 'cpu', 'io', 'memory', 'pids'] : ['cpu', 'io', 'memory', 'pids']

/** Those that users get. */
export const delegated: string[] = delegate === 'default' ? ['cpu', 'memory', 'pids'] : controllers
