// The library's door: re-exports only.

export { NsboxError, type NsboxErrorOptions, type ErrorStage } from './errors.ts'
