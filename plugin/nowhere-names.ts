// Host names that resolve on no network: a failed lookup of one is not the seal's doing.

/** Top-level names: those of RFC 6761, and values that a program did not set: `http://${undefined}:3000`. */
const nowhere = ['localhost', 'invalid', 'undefined', 'null', 'nan', '[object object]']

export function isNowhere(name: string): boolean {
  const top = name.toLowerCase().replace(/\.$/, '').split('.').at(-1)
  return nowhere.includes(top as string)
}
