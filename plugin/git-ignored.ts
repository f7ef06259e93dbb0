// Which paths of a project git ignores: what lies there is output that nobody minds.

import { spawn } from 'node:child_process'

/** git answers in milliseconds. One that waits, for a file system say, must not hold the report back, in milliseconds. */
const patience = 5000

/**
 * Those of these paths, relative to the directory; a directory has a slash at its end. None where there is no git, or no repository, and
 * where the whole directory is ignored, as a scratch copy is: then that says nothing of a file in it.
 */
export async function gitIgnored(directory: string, paths: readonly string[]): Promise<ReadonlySet<string>> {
  if (paths.length === 0) return new Set()
  const whole = './'
  const named = await checkIgnore(directory, [whole, ...paths])
  return new Set(named.includes(whole) ? [] : named)
}

/** Never rejects. git-check-ignore(1) names what is ignored, as it was given. */
function checkIgnore(directory: string, paths: readonly string[]): Promise<string[]> {
  return new Promise((resolve) => {
    const git = spawn('git', ['-C', directory, 'check-ignore', '-z', '--stdin'], {
      stdio: ['pipe', 'pipe', 'ignore'],
      timeout: patience,
      killSignal: 'SIGKILL',
    })
    const chunks: Buffer[] = []
    git.once('error', () => resolve([]))
    // It says no more where it has failed halfway.
    git.once('close', (code) => resolve(code === 0 ? Buffer.concat(chunks).toString().split('\0').filter(Boolean) : []))
    git.stdout.on('data', (chunk: Buffer) => chunks.push(chunk))
    // EPIPE: it is gone, and its end says why.
    git.stdin.on('error', () => undefined)
    git.stdin.end(paths.join('\0'))
  })
}
