// Names that no network has an address for: to ask for one in vain is no refusal of the seal.

/** Of RFC 6761, and what a program makes of a host name that it has not: `http://${undefined}:3000`. */
const nowhere = ['localhost', 'invalid', 'undefined', 'null', 'nan', '[object object]']

export function isNowhere(name: string): boolean {
  const top = name.toLowerCase().replace(/\.$/, '').split('.').at(-1)
  return nowhere.includes(top as string)
}
