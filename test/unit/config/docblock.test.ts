import { expect, test } from 'vitest'
import { docblockOptions } from '../../../src/config/docblock.ts'

function optionsOf(source: string): object {
  const words = docblockOptions(source, 'a.test.ts')
  return Object.assign({}, ...words.map(({ limits, reach }) => ({ ...limits, ...reach })))
}

const memory = 64 * 1024 ** 2

test.each([
  ['// @nsbox memory=64M pids=9', { memory, pids: 9 }],
  ['/** @nsbox memory=64M */', { memory }],
  ['/**\n * Some words.\n * @nsbox memory=64M\n * @nsbox net=host pids=3\n */', { memory, net: 'host', pids: 3 }],
  ['#!/usr/bin/env node\n// @vitest-environment jsdom\n\n// @nsbox cpu=50%\n', { cpu: { share: 0.5, periodMs: 100 } }],
  ['/* @nsbox hosts=db.example=127.0.0.1,v6=::1*/', { hosts: { 'db.example': '127.0.0.1', v6: '::1' } }],
  [`// @nsbox allow="/srv/with space:rw"`, { allow: [{ path: '/srv/with space', writable: true }] }],
  ['// @nsbox forward=5432,6379:16379', { forward: [5432, 6379].map((listen) => ({ listen, to: listen === 6379 ? 16379 : listen })) }],
  ['// @nsbox', {}],
  ['// me@nsbox memory=64M', {}],
  ['// @nsboxer memory=64M', {}],
  ['import a from "a"\n// @nsbox memory=64M', {}],
  ['const text = "// @nsbox memory=64M"', {}],
])('%j asks for %j', (source, options) => {
  expect(optionsOf(source)).toEqual(options)
})

test.each([
  ['// @nsbox memory=64M cpu=lots', /^a\.test\.ts:1:22: cpu is "lots": /],
  ['\n/**\n * @nsbox nett=host\n */', /^a\.test\.ts:3:11: unknown option "nett" \(did you mean "net"\?\)/],
  ['// @nsbox net', /^a\.test\.ts:1:11: net is true; it must be one of "none", "localhost", "host"/],
  ['// @nsbox seal=prefer', /^a\.test\.ts:1:11: unknown option "seal"/],
  ['// @nsbox io=/dev/sda', /^a\.test\.ts:1:11: io cannot be given in a comment; nsbox\(\{ rules: /],
  ['// @nsbox forward=70000', /^a\.test\.ts:1:11: forward\.0 is "70000": it must be a port such as 5432/],
])('%j names its place', (source, message) => {
  expect(() => docblockOptions(source, 'a.test.ts')).toThrow(
    expect.objectContaining({ code: 'ERR_NSBOX_CONFIG', message: expect.stringMatching(message) }),
  )
})
