import {readdirSync, readFileSync} from 'node:fs'
import {join} from 'node:path'
import {describe, expect, test} from 'vitest'

const root = join(import.meta.dirname, '..')
const folders = ['src', 'bpf', 'test', 'tools', 'bench', 'images', 'bin']
const sources = folders
  .flatMap((folder) => readdirSync(join(root, folder), {recursive: true, withFileTypes: true}))
  .filter((entry) => entry.isFile())
  .map((entry) => join(entry.parentPath, entry.name).slice(root.length + 1))
  .filter((path) => !/\/generated\/|go\.sum$|go\.mod$|\.pcap(ng)?$/.test(path))
const text = (path: string) => readFileSync(join(root, path), 'utf8')

const banned = /(^|[^a-z])(util|utils|helper|helpers|common|misc|manager|handler|handlers|do|tmp)([^a-z]|$)/
const words = (name: string) => name.replaceAll(/([a-z])([A-Z])/g, '$1-$2').toLowerCase()

describe('the house', () => {
  test('has files to judge in every room', () => {
    for (const folder of folders)
      expect(
        sources.filter((path) => path.startsWith(`${folder}/`)),
        folder,
      ).not.toEqual([])
  })

  test('has no file above 250 lines', () => {
    expect(sources.filter((path) => text(path).split('\n').length > 251)).toEqual([])
  })

  test("has no file or export named after its author's uncertainty", () => {
    expect(sources.filter((path) => banned.test(words(path)))).toEqual([])
    const exports = sources
      .filter((path) => path.endsWith('.ts'))
      .flatMap((path) =>
        [...text(path).matchAll(/^export (?:abstract |async )?(?:class|function\*?|const|interface|type) (\w+)/gm)].map(
          ([, name]) => `${path}: ${name ?? ''}`,
        ),
      )
    expect(exports.filter((line) => banned.test(words(line.split(': ')[1] ?? '')))).toEqual([])
  })

  test('has no note to do something later', () => {
    const note = new RegExp(['TO', 'DO|FIX', 'ME|X', 'XX'].join(''))
    expect(sources.filter((path) => note.test(text(path)))).toEqual([])
  })

  test('says its licence in every BPF file, as the kernel reads it', () => {
    const files = sources.filter((path) => path.startsWith('bpf/'))
    expect(files.filter((path) => !text(path).includes('SPDX-License-Identifier: GPL-2.0'))).toEqual([])
  })

  test('makes every error in src/errors and nowhere else', () => {
    const makers = sources.filter(
      (path) => path.startsWith('src/') && !path.startsWith('src/errors/') && /new PluginError\(/.test(text(path)),
    )
    expect(makers).toEqual([])
  })

  test('leaves the process only where the entry points are', () => {
    const leaving = sources.filter((path) => path.startsWith('src/') && /process\.exit\(/.test(text(path)))
    expect(
      leaving.filter((path) => !/src\/(cli|base-command|pod-agent\/main|cluster\/reaper)\.ts$/.test(path)),
    ).toEqual([])
  })
})
