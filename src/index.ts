// The library's door: re-exports only.

export { type ErrorStage, NsboxError, type NsboxErrorOptions } from './errors.ts'
