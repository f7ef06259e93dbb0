// Runs one small test before the fork, so that vitest's code is compiled and its lazy parts are loaded
// once for all workers. What it leaves behind in vitest is what a worker with `isolate: false` has
// after its first file. No file of the user's is loaded: neither tests nor setup files.

import type { StartMessage } from './messages.ts'

/** Parts of vitest's serialized config that would run code of the user's, or record what is run. */
interface RehearsedConfig {
  root: string
  setupFiles: string[]
  snapshotSerializers: string[]
  sequence: object
  runner?: string
  diff?: unknown
  snapshotEnvironment?: string
  coverage: { enabled: boolean }
  benchmark?: { enabled?: boolean }
  detectAsyncLeaks?: boolean
  globals: boolean
}

const name = 'nsbox-rehearsal.test.js'

const code = `const { describe, test, expect, vi } = await __vite_ssr_import__('vitest');
describe('rehearsal', () => {
  test('passes', async () => {
    vi.fn()();
    expect({ a: [1] }).toEqual({ a: [1] });
    await Promise.resolve();
  });
  test.runIf(typeof document === 'object')('renders', () => {
    const element = document.createElement('div');
    element.innerHTML = '<p class="a" id="b">text</p><button>press</button><input value="c">';
    document.body.append(element);
    expect(document.querySelector('p.a').textContent).toBe('text');
    const button = element.querySelector('button');
    button.addEventListener('click', (event) => event.preventDefault());
    button.dispatchEvent(new MouseEvent('click', { bubbles: true, cancelable: true }));
    getComputedStyle(element).display;
    element.remove();
  });
});`

/** birpc's request and, with `r`, its answer. */
interface RpcMessage {
  t?: string
  i?: string
  m?: string
  a?: unknown[]
}

/** The `start` message for the zygote: without what only real files may do. */
export function rehearsalStart(start: StartMessage): StartMessage {
  const config = start.context.config as unknown as RehearsedConfig
  // vitest keeps the order of the first file's tests for all describe()s after it, and a campaign changes it from file to file.
  const sequence = { ...config.sequence, shuffle: undefined }
  const plain = { ...config, setupFiles: [], snapshotSerializers: [], sequence }
  return { ...start, context: { ...start.context, config: plain as never } }
}

/** False where a rehearsal would start what must start in each worker. */
export function canRehearse(start: StartMessage): boolean {
  const config = start.context.config as unknown as RehearsedConfig
  const custom = config.runner ?? config.snapshotEnvironment ?? (typeof config.diff === 'string' ? config.diff : undefined)
  return custom === undefined && !config.coverage.enabled && !config.benchmark?.enabled && !config.detectAsyncLeaks
}

export function rehearsalRun(start: StartMessage): object {
  return {
    __vitest_worker_request__: true,
    type: 'run',
    context: {
      files: [{ filepath: rehearsalFile(start), testLocations: undefined }],
      providedContext: {},
      workerId: 0,
      environment: start.context.environment,
    },
  }
}

function rehearsalFile(start: StartMessage): string {
  return `${(start.context.config as unknown as RehearsedConfig).root}/${name}`
}

/** Answers what vitest asks its main process during the rehearsal. Undefined for what is no question. */
export function answerRehearsal(message: unknown): object | undefined {
  const { t, i, m, a } = message as RpcMessage
  if (t !== 'q' || i === undefined) return undefined
  return {
    t: 's',
    i,
    r: m === 'fetch' ? fetched(String(a?.[0])) : m === 'fetchWarmModules' ? {} : m === 'resolveSnapshotPath' ? `${a?.[0]}.snap` : undefined,
  }
}

function fetched(url: string): object {
  return { code, file: url, id: url, url, invalidate: false }
}
