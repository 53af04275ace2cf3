import koffi from 'koffi'
import type {KoffiFunc} from 'koffi'

/** A pointer of C. A wrong one is a crash, not an exception: each kind is a type of its own, and none leaves `native/`. */
export type Pointer<Kind extends string> = bigint & {readonly [kind in Kind]: never}
export type ObjectPointer = Pointer<'bpf_object'>
export type ProgramPointer = Pointer<'bpf_program'>
export type MapPointer = Pointer<'bpf_map'>
export type LinkPointer = Pointer<'bpf_link'>

/** A C function that waits: off the event loop's thread. Its callback gets the result. */
type Waiting<Function extends (...parameters: never[]) => unknown> = KoffiFunc<Function>

const functions = {
  openMemory: 'void *bpf_object__open_mem(void *bytes, size_t size, void *options)',
  load: 'int bpf_object__load(void *object)',
  close: 'void bpf_object__close(void *object)',
  findProgram: 'void *bpf_object__find_program_by_name(void *object, const char *name)',
  setAutoload: 'int bpf_program__set_autoload(void *program, bool autoload)',
  programFd: 'int bpf_program__fd(void *program)',
  findMap: 'void *bpf_object__find_map_by_name(void *object, const char *name)',
  setMaxEntries: 'int bpf_map__set_max_entries(void *map, uint32_t entries)',
  maxEntries: 'uint32_t bpf_map__max_entries(void *map)',
  setInitialValue: 'int bpf_map__set_initial_value(void *map, void *bytes, size_t size)',
  mapFd: 'int bpf_map__fd(void *map)',
  attachTcx: 'void *bpf_program__attach_tcx(void *program, int index, void *options)',
  attachFd: 'int bpf_link_create(int program, int target, int type, void *options)',
  linkFd: 'int bpf_link__fd(void *link)',
  destroyLink: 'int bpf_link__destroy(void *link)',
  createHook: 'int bpf_tc_hook_create(void *hook)',
  destroyHook: 'int bpf_tc_hook_destroy(void *hook)',
  attachFilter: 'int bpf_tc_attach(void *hook, void *options)',
  detachFilter: 'int bpf_tc_detach(void *hook, void *options)',
  queryFilter: 'int bpf_tc_query(void *hook, void *options)',
  queryXdp: 'int bpf_xdp_query_id(int index, int flags, void *id)',
  lookup: 'int bpf_map_lookup_elem(int map, void *key, void *value)',
  update: 'int bpf_map_update_elem(int map, void *key, void *value, uint64_t flags)',
  takeBatch:
    'int bpf_map_lookup_and_delete_batch(int map, void *from, void *to, void *keys, void *values, void *count, void *options)',
  infoByFd: 'int bpf_obj_get_info_by_fd(int fd, void *info, void *length)',
  programById: 'int bpf_prog_get_fd_by_id(uint32_t id)',
  mapById: 'int bpf_map_get_fd_by_id(uint32_t id)',
  linkById: 'int bpf_link_get_fd_by_id(uint32_t id)',
  query: 'int bpf_prog_query_opts(int target, int type, void *options)',
  testRun: 'int bpf_prog_test_run_opts(int program, void *options)',
  possibleCpus: 'int libbpf_num_possible_cpus()',
  setPrint: 'void *libbpf_set_print(void *print)',
} as const

export interface Libbpf {
  openMemory(this: void, bytes: Uint8Array, size: number, options: Uint8Array): ObjectPointer | null
  load(this: void, object: ObjectPointer): number
  close(this: void, object: ObjectPointer): void
  findProgram(this: void, object: ObjectPointer, name: string): ProgramPointer | null
  setAutoload(this: void, program: ProgramPointer, autoload: boolean): number
  programFd(this: void, program: ProgramPointer): number
  findMap(this: void, object: ObjectPointer, name: string): MapPointer | null
  setMaxEntries(this: void, map: MapPointer, entries: number): number
  maxEntries(this: void, map: MapPointer): number
  setInitialValue(this: void, map: MapPointer, bytes: Uint8Array, size: number): number
  mapFd(this: void, map: MapPointer): number
  attachTcx(this: void, program: ProgramPointer, index: number, options: null): LinkPointer | null
  attachFd(this: void, program: number, target: number, type: number, options: Uint8Array): number
  linkFd(this: void, link: LinkPointer): number
  destroyLink(this: void, link: LinkPointer): number
  createHook(this: void, hook: Uint8Array): number
  destroyHook(this: void, hook: Uint8Array): number
  attachFilter(this: void, hook: Uint8Array, options: Uint8Array): number
  detachFilter(this: void, hook: Uint8Array, options: Uint8Array): number
  queryFilter(this: void, hook: Uint8Array, options: Uint8Array): number
  queryXdp(this: void, index: number, flags: number, id: Uint8Array): number
  lookup(this: void, map: number, key: Uint8Array, value: Uint8Array): number
  readonly update: Waiting<(map: number, key: Uint8Array, value: Uint8Array, flags: number) => number>
  readonly takeBatch: (
    map: number,
    from: Uint8Array | null,
    to: Uint8Array,
    keys: Uint8Array,
    values: Uint8Array,
    count: Uint8Array,
    options: null,
  ) => number
  infoByFd(this: void, fd: number, info: Uint8Array, length: Uint8Array): number
  programById(this: void, id: number): number
  mapById(this: void, id: number): number
  linkById(this: void, id: number): number
  query(this: void, target: number, type: number, options: Uint8Array): number
  testRun(this: void, program: number, options: Uint8Array): number
  possibleCpus(this: void): number
  setPrint(this: void, print: null): bigint | null
}

/** libbpf prints to stderr by default; what matters of it comes back as errno and as the verifier's log. */
export function openLibbpf(path: string): Libbpf {
  const library = koffi.load(path)
  const bound = Object.entries(functions).map(([name, prototype]) => [name, library.func(prototype)])
  const libbpf = Object.fromEntries(bound) as Libbpf // each prototype above has its type in Libbpf
  libbpf.setPrint(null)
  return libbpf
}
