import { randomBytes, scryptSync, timingSafeEqual } from 'node:crypto'

/** Passwords as salt, cost and hash. The cost doubles the work with each step. */
export class Passwords {
  readonly #cost: number

  constructor(cost = 14) {
    this.#cost = cost
  }

  hash(password: string): string {
    const salt = randomBytes(16).toString('hex')
    return `${salt}.${this.#cost}.${derive(password, salt, this.#cost).toString('hex')}`
  }

  matches(password: string, stored: string): boolean {
    const [salt = '', cost, hash = ''] = stored.split('.')
    return timingSafeEqual(derive(password, salt, Number(cost)), Buffer.from(hash, 'hex'))
  }
}

function derive(password: string, salt: string, cost: number): Buffer {
  return scryptSync(password, salt, 32, { N: 2 ** cost, maxmem: 2 ** (cost + 11) })
}
