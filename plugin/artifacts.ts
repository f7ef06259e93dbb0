// Attachments outlive the sandbox: vitest's main process copies them from their path, so the files
// travel with the message that names them.

import { existsSync, readFileSync, statSync } from 'node:fs'
import { resolve } from 'node:path'
import type { StagedFile } from './messages.ts'

interface Attachment {
  path?: string
}

/** Of birpc's request, the part that is read here. */
interface RpcRequest {
  m?: string
  a?: [testId: string, artifact: { attachments?: Attachment[]; annotation?: { attachment?: Attachment } }]
}

const recording = 'onTaskArtifactRecord'

function attachmentsOf(message: unknown): Attachment[] {
  const { m: method, a: args } = message as RpcRequest
  if (method !== recording) return []
  const artifact = args?.[1]
  return [...(artifact?.attachments ?? []), artifact?.annotation?.attachment].filter((attachment) => attachment !== undefined)
}

/** Inside: the files that a message names. */
export function stagedFiles(message: unknown, root: string): StagedFile[] {
  const paths = attachmentsOf(message).flatMap(({ path }) => (path ? [resolve(root, path)] : []))
  return paths.filter((path) => existsSync(path) && statSync(path).isFile()).map((path) => ({ path, content: readFileSync(path) }))
}

/** On the host: the path of an attachment that is not there inside. vitest would copy the host's file of that name. */
export function missingAttachment(message: unknown, root: string, files: readonly StagedFile[]): string | undefined {
  const paths = attachmentsOf(message).flatMap(({ path }) => (path && !/^https?:\/\//.test(path) ? [path] : []))
  return paths.find((path) => !files.some((file) => file.path === resolve(root, path)))
}

/** On the host: makes a message name the copies. `save` answers where it put a file. */
export function useStagedFiles(message: unknown, root: string, files: StagedFile[], save: (file: StagedFile) => string): void {
  for (const attachment of attachmentsOf(message)) {
    const file = files.find(({ path }) => attachment.path !== undefined && path === resolve(root, attachment.path))
    if (file) attachment.path = save(file)
  }
}
