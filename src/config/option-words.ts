// Options written as words, on a command line or in a comment: `cpu=0.5`, `forward=5432,6379:16379`.

const lists = ['forward', 'expose', 'allow', 'expectedWrites']

/** What no single word can say. */
export const notAsWord: readonly string[] = ['rules', 'io', 'hugetlb']

/** What the text of an option says, for its schema to check. */
export function optionOfWord(name: string, text: string): unknown {
  if (lists.includes(name)) return text.split(',')
  if (name === 'hosts') return Object.fromEntries(text.split(',').map(nameAndAddress))
  if (text === 'true' || text === 'false') return text === 'true'
  return /^(\d+(\.\d+)?|\.\d+)$/.test(text) ? Number(text) : text
}

/** `db.example=127.0.0.1` */
function nameAndAddress(text: string): [string, string] {
  const [name = '', ...address] = text.split('=')
  return [name, address.join('=')]
}
