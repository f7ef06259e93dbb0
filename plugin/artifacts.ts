// Attachments outlive the sandbox: vitest's main process copies them from their path, so they are copied out of the sandbox
// before it has the message that names them.

import { resolve } from 'node:path'
import { singleQuoted } from '../src/quoted.ts'
import { nameAlways } from './attachment-names.ts'
import type { Staged } from './staged-attachments.ts'
import { annotationType } from './worker-messages.ts'

interface Attachment {
  path?: unknown
}

interface Artifact {
  type?: unknown
  attachments?: Attachment[]
  annotation?: { attachment?: Attachment }
}

/** Of birpc's request, the part that is read here. */
interface RpcRequest {
  m?: string
  a?: [testId: string, artifact: Artifact]
}

const recording = 'onTaskArtifactRecord'

function attachmentsOf(message: unknown): (Attachment & { path: string })[] {
  const { m: method, a: args } = message as RpcRequest
  if (method !== recording) return []
  const { type, attachments, annotation } = args?.[1] ?? {}
  // As vitest does: it fails itself where a path is no text.
  const copied = type === annotationType ? [annotation?.attachment] : (attachments ?? [])
  return copied.filter((each) => typeof each?.path === 'string' && each.path !== '' && !/^https?:\/\//.test(each.path)) as (Attachment & {
    path: string
  })[]
}

/**
 * Makes vitest copy the attachments of a message from where `stage` copies them to: it takes a path of the sandbox, and answers
 * undefined where no file is there. Undefined for other messages. Settles with what vitest is to be told instead, and never rejects.
 */
export function copyAttachments(
  message: unknown,
  root: string,
  stage: (path: string) => Promise<Staged | undefined>,
): Promise<Error | undefined> | undefined {
  const attachments = attachmentsOf(message)
  if (attachments.length === 0) return undefined
  const [testId = ''] = (message as RpcRequest).a ?? []
  return copied(attachments, { root, file: testId.split('_')[0] ?? '' }, stage).catch((error: Error) => error)
}

async function copied(
  attachments: (Attachment & { path: string })[],
  { root, file }: { root: string; file: string },
  stage: (path: string) => Promise<Staged | undefined>,
): Promise<Error | undefined> {
  for (const attachment of attachments) {
    const path = resolve(root, attachment.path)
    const staged = await stage(path)
    // vitest would copy the host's file of that name.
    if (staged === undefined) return new Error(`ENOENT: no such file or directory, copyfile ${singleQuoted(attachment.path)}`)
    nameAlways(attachment, { staged: staged.path, path, file }, staged.remove)
  }
  return undefined
}
