import {existsSync} from 'node:fs'
import {join} from 'node:path'
import {notBuilt} from '../errors.ts'

export interface Files {
  readonly object: string
  readonly traceObject: string
  readonly libbpf: string
}

/** Beside the bundle, or in the checkout's build folder. */
export function findFiles(): Files {
  return {
    object: find('flow.bpf.o', '../../build/bpf/flow.bpf.o'),
    traceObject: find('trace.bpf.o', '../../build/bpf/trace.bpf.o'),
    libbpf: find('libbpf.so.1', '../../build/libbpf/usr/lib/x86_64-linux-gnu/libbpf.so.1'),
  }
}

/** Where the programs of `clients` are. */
export const findClientsObject = (): string => find('clients.bpf.o', '../../build/bpf/clients.bpf.o')

function find(...candidates: readonly string[]): string {
  const paths = candidates.map((each) => join(import.meta.dirname, each))
  const found = paths.find((each) => existsSync(each))
  if (found === undefined) throw notBuilt(paths.join(', '))
  return found
}
