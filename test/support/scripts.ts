// Several shell scripts in one sandbox, one after the other, each by a shell of its own.

const each = 'for script; do /bin/sh -c "$script"; printf "\\0"; done'

/** Words that run the scripts. */
export function runningEach(scripts: Record<string, string>): string[] {
  return ['/bin/sh', '-c', each, 'sh', ...Object.values(scripts)]
}

/** What each of them printed on stdout. @throws Error when not all have run */
export function printedByEach(
  scripts: Record<string, string>,
  { stdout, stderr }: { stdout: string; stderr: string },
): Record<string, string> {
  const outputs = stdout.split('\0')
  const names = Object.keys(scripts)
  if (outputs.length !== names.length + 1) throw new Error(`Not every script has ended: ${stdout}${stderr}`)
  return Object.fromEntries(names.map((name, index) => [name, outputs[index] ?? '']))
}
