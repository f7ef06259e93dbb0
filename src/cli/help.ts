// Help texts.

import { flagsHelp } from '../config/flag-table.ts'

export const usage = `nsbox: sealed test files and programs for Linux

Usage:
  nsbox run [flags] -- command [arguments]   run a command in a sandbox
  nsbox shell [flags]                        an interactive shell in a sandbox
  nsbox shell --last-failed [file] [flags]   one in the state that a failed test file left
  nsbox plan [flags] [-- command]            print the steps that would seal it here, and why; do nothing
  nsbox plan vitest [--nsbox.NAME=VALUE]     print those of a test file's sandbox, without options of a config
  nsbox diff DIR                             print changes that --keep has kept
  nsbox diff --last-failed [file]            print what a failed test file had changed
  nsbox apply DIR                            merge them into the project
  nsbox layers [DIR …]                       list kept changes
  nsbox vitest [vitest's arguments]          run vitest with every test file in its own sandbox
  nsbox repro 'FILE > TEST' [flags]          run a test under a recipe until it fails, or see whether a fix holds
  nsbox threshold [files] [flags]            find the smallest processor and memory that tests pass with
  nsbox stress [files] [flags]               run tests many times under stress, and find what is flaky
  nsbox merge RESULTS.json …                 join what nsbox stress --shard has written
  nsbox doctor                               say what this machine can do, and how to mend the rest
  nsbox --help | --version

nsbox run --help lists the flags. Those of the pool go between: nsbox vitest --nsbox.net=host run src
`

const openings = {
  run: `Usage: nsbox run [flags] -- command [arguments]

Runs a command on a throwaway copy of the directory you are in and of the git repository around it, with
its own processes, network, /tmp and HOME. The exit code is the command's, 128 and the number of a signal
that ended it, 125 when nsbox itself failed, 126 and 127 when the command cannot be started.`,
  shell: `Usage: nsbox shell [flags]
       nsbox shell --last-failed [file] [flags]

Opens the shell that $SHELL names in such a sandbox as nsbox run makes; with --last-failed, in the state
that a failed test file left.`,
  plan: `Usage: nsbox plan [flags] [-- command]

Prints the steps that would seal a command here, each with its reason, and runs nothing.`,
}

export function sealedHelp(command: keyof typeof openings): string {
  return `${openings[command]}

${flagsHelp()}

Sizes are 4096, 64K, 256M or 1.5G; times are 250ms, 30s, 5m or 1h.`
}
