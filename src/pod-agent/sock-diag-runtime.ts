import {closeSync, openSync, readlinkSync, readSync} from 'node:fs'
import {basename} from 'node:path'
import type {SocketOwner} from '../protocol/binding.ts'

/** The note `.note.go.buildid` of type 4, owned by "Go": the linker puts it into the first page (cmd/link/internal/ld, ELF_NOTE_GOBUILDID_TAG). */
const goNote = Buffer.from('04000000476f0000', 'hex')
const firstPage = 4096

/** The language of a process, where it opens [::] for 0.0.0.0. */
export function runtimeOf(pid: number): SocketOwner['runtime'] {
  const path = `/proc/${pid}/exe`
  try {
    // What a replaced program is called ends so.
    if (basename(readlinkSync(path).replace(/ \(deleted\)$/, '')) === 'java') return 'Java'
    return readStart(path).includes(goNote) ? 'Go' : undefined
  } catch {
    // It ended, or is a thread of the kernel, or is not for us: nothing is lost but a word.
    return undefined
  }
}

function readStart(path: string): Buffer {
  const file = openSync(path, 'r')
  try {
    const page = Buffer.alloc(firstPage)
    return page.subarray(0, readSync(file, page))
  } finally {
    closeSync(file)
  }
}
