// From checked options and the caller's place to what the plan takes.

import { readFileSync, statSync } from 'node:fs'
import { resolve } from 'node:path'
import type { ResolvedSandboxOptions } from '../config/run-options.ts'
import { bindMount } from '../host/bind-mount.ts'
import { overlayDirectory, sharedDirectories } from '../host/facts.ts'
import { repositoryAround } from '../host/repository.ts'
import { isWithin } from '../plan/paths.ts'
import type { LastAction, Namespace } from '../plan/plan.ts'
import { portWords, wrongPorts } from '../plan/port-steps.ts'
import type { ExtraMount, RunRequest, SandboxRequest } from '../plan/request.ts'
import { quoted } from '../quoted.ts'
import type { Resource } from '../sys/resources.ts'
import { layersOf } from './layers.ts'
import { existing, existingDirectory, wrong } from './paths.ts'

/** `cwd` is the caller's directory, `terminal` one that the program shares with it. @throws NsboxError ERR_NSBOX_CONFIG for what does not exist here */
export async function sandboxRequest(
  options: ResolvedSandboxOptions,
  cwd: string,
  terminal: string | null = null,
): Promise<SandboxRequest> {
  const rootfs = options.rootfs === undefined ? null : existingDirectory('rootfs', options.rootfs, cwd)
  const inside = options.cwd === undefined ? (rootfs === null ? cwd : '/') : resolve(cwd, options.cwd)
  const overlays = overlaysOf(options, rootfs, { cwd, inside })
  return {
    seal: options.seal,
    uid: options.uid,
    net: options.net,
    ...portsOf(options),
    hosts: options.hosts,
    hostname: options.hostname,
    overlays,
    passThrough: [],
    visible: [],
    disk: options.disk,
    cwd: inside,
    layers: await layersOf(options.layers, rootfs === null ? overlays : [rootfs, ...overlays], cwd),
    run: { ...runRequest(options, { rootfs, cwd }), terminal },
  }
}

function portsOf({ net, forward, expose }: ResolvedSandboxOptions): Pick<SandboxRequest, 'forward' | 'expose'> {
  const problem = wrongPorts({ net, forward, expose })
  if (problem) throw wrong(problem.option, portWords(problem.value), problem.why)
  return { forward, expose }
}

interface Places {
  rootfs: string | null
  cwd: string
}

function runRequest(options: ResolvedSandboxOptions, { rootfs, cwd }: Places): Omit<RunRequest, 'terminal'> {
  const hostNamespaces = (['pid', 'ipc', 'uts', 'cgroup'] as const).filter(
    (name): name is typeof name & Namespace => options[name] === 'host',
  )
  return {
    hostNamespaces,
    clocks: clocksOf(options),
    mapRange: options.mapRange,
    mounts: mountsOf(options, cwd),
    rootfs,
    devices: options.devices.map(deviceThatExists),
    limits: limitsOf(options),
  }
}

function overlaysOf(
  { overlays }: ResolvedSandboxOptions,
  rootfs: string | null,
  { cwd, inside }: { cwd: string; inside: string },
): string[] {
  if (overlays) return overlays.map((path) => overlaid(path, cwd))
  const own = rootfs === null ? overlayDirectory(cwd) : null
  return own === null ? [] : [own, ...repositoryAround(own, sharedDirectories(process.env, inside))]
}

function overlaid(path: string, cwd: string): string {
  const real = existingDirectory('overlays', path, cwd)
  if (overlayDirectory(real) === null) throw wrong('overlays', path, 'a sandbox has its own in place of it, and no overlay can lie there')
  return real
}

function clocksOf({ time, monotonicOffset, boottimeOffset }: ResolvedSandboxOptions): RunRequest['clocks'] {
  if (time === 'host' && monotonicOffset === 0 && boottimeOffset === 0) return null
  const nanoseconds = (milliseconds: number) => String(Math.round(milliseconds * 1e6))
  return { monotonic: nanoseconds(monotonicOffset), boottime: nanoseconds(boottimeOffset) }
}

function mountsOf({ binds, tmpfs, masks }: ResolvedSandboxOptions, cwd: string): ExtraMount[] {
  return [
    ...binds.map(({ source, target = resolve(cwd, source), readOnly = false }): ExtraMount => {
      const real = existing('binds', source, cwd)
      return bindMount(real, isWithin(real, '/proc') ? target : offOwnProc('binds', source, target), !readOnly)
    }),
    ...tmpfs.map(({ target, size, inodes }): ExtraMount => {
      return {
        kind: 'tmpfs',
        target: offOwnProc('tmpfs', target),
        ...(size !== undefined && { size }),
        ...(inodes !== undefined && { inodes }),
      }
    }),
    ...masks.map((target): ExtraMount => ({ kind: 'mask', target: offOwnProc('masks', target) })),
  ]
}

/** Descriptors have their names there (proc_pid_fd(5)), by which the next steps go. */
function offOwnProc(option: string, value: string, target: string = value): string {
  if (!/^\/proc(\/(self|thread-self|\d+)(\/.*)?)?$/.test(resolve(target))) return target
  throw wrong(option, value, `a sandbox is set up by way of /proc/self, and ${quoted(target)} cannot be covered; /proc/sys, say, can`)
}

function deviceThatExists(name: string): string {
  const path = existing('devices', `/dev/${name}`, '/')
  if (!statSync(path).isCharacterDevice() && !statSync(path).isBlockDevice()) throw wrong('devices', name, 'it must be a device')
  return name
}

function limitsOf({ rlimits, nice }: ResolvedSandboxOptions): LastAction[] {
  if (rlimits.nproc && isRootOfTheMachine())
    throw wrong('rlimits', 'nproc', 'the kernel sets root no limit of processes (getrlimit(2)); ask for it as another user')
  return [
    ...(nice === undefined ? [] : [{ do: 'nice' as const, value: nice }]),
    ...Object.entries(rlimits).map(([name, limit]) => ({ do: 'rlimit' as const, resource: name as Resource, ...limit })),
  ]
}

/** Who is root of a user namespace alone is an ordinary user to the kernel. */
export function isRootOfTheMachine(): boolean {
  return process.getuid?.() === 0 && /^\s*0\s+0\s/.test(readFileSync('/proc/self/uid_map', 'utf8'))
}
