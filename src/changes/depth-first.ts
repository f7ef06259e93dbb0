// Walks a tree depth first. Without recursion: directories can lie deeper than the stack of JavaScript reaches.

/** Yields each node before those below it. `left` is called with a node when all below it was yielded. */
export function* depthFirst<T>(
  top: Iterable<T>,
  below: (node: T) => Iterable<T>,
  left: (node: T) => void = () => undefined,
): Generator<T, void> {
  const open: { node?: T; rest: Iterator<T> }[] = [{ rest: top[Symbol.iterator]() }]
  for (let last = open.at(-1); last; last = open.at(-1)) {
    const { done, value } = last.rest.next()
    if (!done) {
      yield value
      open.push({ node: value, rest: below(value)[Symbol.iterator]() })
      continue
    }
    open.pop()
    if (last.node !== undefined) left(last.node)
  }
}

/** How long a path below its root may be, in bytes. What lies deeper is named, but not looked into: lists of such paths would fill all memory. */
export const deepest = 16_384

export const tooDeep: string = `what lies below has paths of more than ${deepest} bytes`
