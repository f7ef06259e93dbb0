// Text that is HTML, and everything else, which is escaped when it gets into it.

import { shownLines } from '../words.ts'

export class Html {
  readonly text: string

  constructor(text: string) {
    this.text = text
  }
}

export type Content = string | number | Html | false | null | undefined | readonly Content[]

/** What is put in between is escaped, for elements and quoted attributes alike, unless it is HTML itself. */
export function html(strings: TemplateStringsArray, ...contents: Content[]): Html {
  return new Html(strings.map((text, at) => text + (at < contents.length ? textOf(contents[at]) : '')).join(''))
}

function textOf(content: Content): string {
  if (content instanceof Html) return content.text
  if (Array.isArray(content)) return content.map(textOf).join('')
  return content === false || content === null || content === undefined ? '' : escaped(String(content))
}

const entities: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' }

function escaped(text: string): string {
  return shownLines(text).replaceAll(/[&<>"']/g, (one) => entities[one] as string)
}

/** With a button that puts it on the clipboard. */
export function copyable(text: string): Html {
  return html`<span class="copyable"><code>${text}</code><button type="button" class="copy" data-copy="${text}">Copy</button></span>`
}
