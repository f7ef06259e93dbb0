// Finds the paths of a project that git ignores, which are usually output.

import { spawn } from 'node:child_process'

/** Time limit for git, in milliseconds. The report does not wait longer. */
const patience = 5000

/**
 * The ignored ones among these paths, which are relative to the directory; directories end with a slash. None without git or a
 * repository, nor when the directory itself is ignored, as a scratch copy is: that tells nothing about single files.
 */
export async function gitIgnored(directory: string, paths: readonly string[]): Promise<ReadonlySet<string>> {
  if (paths.length === 0) return new Set()
  const whole = './'
  const named = await checkIgnore(directory, [whole, ...paths])
  return new Set(named.includes(whole) ? [] : named)
}

/** Never rejects. git-check-ignore(1) prints the ignored paths as they were given. */
function checkIgnore(directory: string, paths: readonly string[]): Promise<string[]> {
  return new Promise((resolve) => {
    const git = spawn('git', ['-C', directory, 'check-ignore', '-z', '--stdin'], {
      stdio: ['pipe', 'pipe', 'ignore'],
      timeout: patience,
      killSignal: 'SIGKILL',
    })
    const chunks: Buffer[] = []
    git.once('error', () => resolve([]))
    // After a failure its output may be incomplete.
    git.once('close', (code) => resolve(code === 0 ? Buffer.concat(chunks).toString().split('\0').filter(Boolean) : []))
    git.stdout.on('data', (chunk: Buffer) => chunks.push(chunk))
    // EPIPE: git has ended early, which 'close' handles.
    git.stdin.on('error', () => undefined)
    git.stdin.end(paths.join('\0'))
  })
}
