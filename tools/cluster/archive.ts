import {open, type FileHandle} from 'node:fs/promises'

const block = 512

/** A tar archive's text without the members that `isHeld` names: a node that holds a layer need not be sent it again. */
export async function withoutMembers(file: string, isHeld: (member: string) => boolean): Promise<Buffer> {
  await using archive = await open(file)
  const {size} = await archive.stat()
  const kept: Buffer[] = []
  for (let offset = 0; offset < size;) {
    const header = await readAt(archive, offset, block)
    const name = header.toString('latin1', 0, 100).replace(/\0.*$/s, '')
    // POSIX ustar: the member's length in octal at byte 124; its content fills whole blocks.
    const length = Number.parseInt(header.toString('latin1', 124, 136), 8) || 0
    const whole = block + Math.ceil(length / block) * block
    if (!isHeld(name)) kept.push(await readAt(archive, offset, whole))
    offset += whole
  }
  return Buffer.concat(kept)
}

async function readAt(archive: FileHandle, offset: number, length: number): Promise<Buffer> {
  const {buffer, bytesRead} = await archive.read(Buffer.alloc(length), 0, length, offset)
  return buffer.subarray(0, bytesRead)
}
