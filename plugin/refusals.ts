// Hosts that a sandbox tried to reach, and was refused.

export interface Refusal {
  /** Where it is known. */
  test?: string
  host: string
  port?: number
  /** What lets it in. */
  hint: string
}
