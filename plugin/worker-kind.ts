// What tells apart workers that cannot share a zygote, and what of it calls for a fresh node.

import { relative } from 'node:path'
import { isatty } from 'node:tty'
import type { TestProject, PoolOptions as WorkerOptions } from 'vitest/node'
import { quoted } from '../src/quoted.ts'

export type WorkerKind = Pick<WorkerOptions, 'project' | 'env' | 'execArgv' | 'distPath' | 'environment'>

const projectIds = new WeakMap<TestProject, number>()
let nextProjectId = 1

/** Equal for workers that a fork of one zygote can serve. */
export function templateKey({ project, environment, env, execArgv }: WorkerKind): string {
  let id = projectIds.get(project)
  if (id === undefined) {
    id = nextProjectId++
    projectIds.set(project, id)
  }
  return JSON.stringify([id, environment.name, environment.options ?? null, env, execArgv])
}

/** Files as messages name them. */
export function fileNames(files: readonly string[], { project }: Pick<WorkerKind, 'project'>): string[] {
  return files.map((file) => quoted(relative(project.config.root, file)))
}

/** Of its node. Those of vitest's config come last, and so they win. */
export function nodeFlags({ env, execArgv }: Pick<WorkerKind, 'env' | 'execArgv'>): string[] {
  return [...(env['NODE_OPTIONS'] ?? '').split(/\s+/), ...execArgv]
}

export function isInspected(kind: WorkerKind): boolean {
  return kind.project.config.inspector?.enabled === true || nodeFlags(kind).some((flag) => /^--inspect(-brk|-wait)?(=|$)/.test(flag))
}

/**
 * The kind that vitest will most likely ask for first, known before it does, so that the zygote can
 * start early. A wrong guess costs a process, nothing else.
 */
export function likelyKind(project: TestProject): WorkerKind {
  const { vitest, config } = project
  return {
    project,
    distPath: vitest.distPath,
    environment: { name: config.environment || 'node', options: null },
    env: {
      ...process.env,
      TEST: 'true',
      VITEST: 'true',
      NODE_ENV: process.env['NODE_ENV'] || 'test',
      VITEST_MODE: vitest.config.watch ? 'WATCH' : 'RUN',
      FORCE_TTY: isatty(1) ? 'true' : '',
      ...vitest.config.env,
      ...config.env,
    },
    execArgv: [
      ...process.execArgv.filter((word) => /^--(cpu-prof|heap-prof|diagnostic-dir)/.test(word)),
      '--experimental-import-meta-resolve',
      '--require',
      `${vitest.distPath.replace(/\/dist$/, '')}/suppress-warnings.cjs`,
      ...likelyConditions(project),
      ...(config.execArgv ?? []),
    ],
  }
}

function likelyConditions(project: TestProject): string[] {
  const { ssr, isProduction } = project.vite.config
  return (ssr.resolve?.conditions ?? [])
    .filter((condition) => (condition === 'production' ? isProduction : condition !== 'development' || !isProduction))
    .map((condition) => (condition === 'development|production' ? (isProduction ? 'production' : 'development') : condition))
    .flatMap((condition) => ['--conditions', condition])
}
