// What mends a machine on which something does not work.

export interface Remedy {
  /** The fact behind it: one sentence without its full stop. */
  why: string
  /** Shell commands, in order. None where no command can mend it; then `note` says what does. */
  commands: string[]
  /** `outside`: where this container or virtual machine was started, not in it. */
  where: 'here' | 'outside'
  /** What to know before, and how to go on afterwards. */
  note?: string
  /** A blunter way. */
  instead?: { why: string; commands: string[] }
}

/** One line for the end of an error. */
export function hintOf({ why, commands, where, note, instead }: Remedy): string {
  const [first] = commands
  if (first === undefined) return note ? `${why}. ${note}` : why
  if (where === 'outside') return `${why}. ${/^(docker|podman) run/.test(first) ? 'Start it with' : 'Run, outside of it'}: ${first}`
  if (commands.length === 1 && !first.includes('\n')) return `${why}. Run: ${first}`
  const blunt = instead ? `; ${instead.why}, run: ${instead.commands.join(' && ')}` : ''
  return `${why}. npx nsbox doctor --fix prints what mends it${blunt}`
}
