// The one error type that leaves nsbox.

import { printable } from './quoted.ts'

const brand: unique symbol = Symbol.for('nsbox.error') as never

/** Which part of a sandbox's life an error belongs to. */
export type ErrorStage = 'config' | 'host' | 'plan' | 'launch' | 'zygote' | 'seal' | 'payload' | 'changes'

export interface NsboxErrorOptions {
  /** Stable, documented name such as `ERR_NSBOX_SYSCALL`. */
  code: string
  stage: ErrorStage
  /** One sentence that says what to do about it. */
  hint?: string | undefined
  /** Kernel error name such as `EPERM`, when a system call failed. */
  errno?: string | undefined
  /** The system call that failed. */
  syscall?: string | undefined
  cause?: unknown
}

/** Everything that travels when an error crosses a process boundary. */
export interface ErrorData extends Omit<NsboxErrorOptions, 'cause'> {
  message: string
}

export class NsboxError extends Error {
  readonly code: string
  readonly stage: ErrorStage
  // Declared only: reporters print every field that an error has.
  declare readonly hint?: string
  declare readonly errno?: string
  declare readonly syscall?: string

  constructor(message: string, options: NsboxErrorOptions) {
    // A name in it acts on no terminal, wherever it is printed.
    super(printable(message), options.cause === undefined ? undefined : { cause: options.cause })
    this.name = 'NsboxError'
    this.code = options.code
    this.stage = options.stage
    const { errno, syscall } = options
    const hint = options.hint && printable(options.hint)
    Object.assign(this, hint && { hint }, errno && { errno }, syscall && { syscall })
    Object.defineProperty(this, brand, { value: true })
  }

  /** True for errors of any copy of nsbox in this process. */
  static is(value: unknown): value is NsboxError {
    return typeof value === 'object' && value !== null && brand in value
  }

  /** The same failure with advice that only the host side can give. */
  withHint(hint: string | undefined): NsboxError {
    return hint === undefined ? this : errorFromData({ ...errorToData(this), hint })
  }
}

/** Something that was asked for is wrong: the message names it, the value and the fix. */
export function configError(message: string): NsboxError {
  return new NsboxError(message, { code: 'ERR_NSBOX_CONFIG', stage: 'config' })
}

export function errorToData(error: unknown): ErrorData {
  if (!NsboxError.is(error)) {
    const message = error instanceof Error ? (error.stack ?? error.message) : String(error)
    return { message, code: 'ERR_NSBOX_INTERNAL', stage: 'zygote' }
  }
  const { message, code, stage, hint, errno, syscall } = error
  return { message, code, stage, hint, errno, syscall }
}

export function errorFromData({ message, ...options }: ErrorData): NsboxError {
  return new NsboxError(message, options)
}

/** The message, and the hint on a line of its own. */
export function describeError(error: unknown): string {
  if (!NsboxError.is(error)) return printable(error instanceof Error ? error.message : String(error))
  return error.hint ? `${error.message}\n  hint: ${error.hint}` : error.message
}
