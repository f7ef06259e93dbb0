/** Searches when nobody has typed for a while, and shows each letter at once. */
export class SearchBox {
  shown = ''
  readonly #search: (text: string) => void
  readonly #wait: number
  #timer: NodeJS.Timeout | undefined

  constructor(search: (text: string) => void, wait = 50) {
    this.#search = search
    this.#wait = wait
  }

  type(text: string): void {
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => this.#search(text), this.#wait)
    this.shown = render(text)
  }
}

/** As much work as a small component tree. */
function render(text: string): string {
  const rows = Array.from({ length: 2000 }, (_, index) => ({ index, label: `${text}-${(index * 7919) % 2000}` }))
  return rows
    .sort((one, other) => one.label.localeCompare(other.label))
    .map(({ index, label }) => `<li value="${index}">${label}</li>`)
    .join('')
}
