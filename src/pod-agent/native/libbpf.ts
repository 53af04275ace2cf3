import koffi from 'koffi'

/** A pointer of C. A wrong one is a crash, not an exception: each kind is a type of its own, and none leaves `native/`. */
export type Pointer<Kind extends string> = bigint & {readonly [kind in Kind]: never}
export type ObjectPointer = Pointer<'bpf_object'>
export type ProgramPointer = Pointer<'bpf_program'>
export type MapPointer = Pointer<'bpf_map'>

export type Call<Parameters extends readonly unknown[], Result = number> = (...each: Parameters) => Result
/** It may wait in the kernel: see `aside`. */
export type WaitingCall<Parameters extends readonly unknown[]> = Call<Parameters> & {
  readonly async: Call<[...Parameters, settle: (cause: unknown, result: number) => void], unknown>
}

type BatchCall = Call<
  [
    map: number,
    from: Uint8Array | null,
    to: Uint8Array,
    keys: Uint8Array,
    values: Uint8Array,
    count: Uint8Array,
    options: null,
  ]
>

const functions = {
  openMemory: 'void *bpf_object__open_mem(void *bytes, size_t size, void *options)',
  load: 'int bpf_object__load(void *object)',
  close: 'void bpf_object__close(void *object)',
  findProgram: 'void *bpf_object__find_program_by_name(void *object, const char *name)',
  setAutoload: 'int bpf_program__set_autoload(void *program, bool autoload)',
  programFd: 'int bpf_program__fd(void *program)',
  findMap: 'void *bpf_object__find_map_by_name(void *object, const char *name)',
  nextMap: 'void *bpf_object__next_map(void *object, void *map)',
  reuseMap: 'int bpf_map__reuse_fd(void *map, int fd)',
  setMaxEntries: 'int bpf_map__set_max_entries(void *map, uint32_t entries)',
  maxEntries: 'uint32_t bpf_map__max_entries(void *map)',
  setInitialValue: 'int bpf_map__set_initial_value(void *map, void *bytes, size_t size)',
  mapFd: 'int bpf_map__fd(void *map)',
  attachFd: 'int bpf_link_create(int program, int target, int type, void *options)',
  createIterator: 'int bpf_iter_create(int link)',
  openTracepoint: 'int bpf_raw_tracepoint_open(const char *name, int program)',
  createHook: 'int bpf_tc_hook_create(void *hook)',
  destroyHook: 'int bpf_tc_hook_destroy(void *hook)',
  attachFilter: 'int bpf_tc_attach(void *hook, void *options)',
  detachFilter: 'int bpf_tc_detach(void *hook, void *options)',
  queryFilter: 'int bpf_tc_query(void *hook, void *options)',
  queryXdp: 'int bpf_xdp_query_id(int index, int flags, void *id)',
  lookup: 'int bpf_map_lookup_elem(int map, void *key, void *value)',
  update: 'int bpf_map_update_elem(int map, void *key, void *value, uint64_t flags)',
  lookupBatch:
    'int bpf_map_lookup_batch(int map, void *from, void *to, void *keys, void *values, void *count, void *options)',
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
  readonly openMemory: Call<[bytes: Uint8Array, size: number, options: Uint8Array], ObjectPointer | null>
  readonly load: WaitingCall<[object: ObjectPointer]>
  readonly close: Call<[object: ObjectPointer], void>
  readonly findProgram: Call<[object: ObjectPointer, name: string], ProgramPointer | null>
  readonly setAutoload: Call<[program: ProgramPointer, autoload: boolean]>
  readonly programFd: Call<[program: ProgramPointer]>
  readonly findMap: Call<[object: ObjectPointer, name: string], MapPointer | null>
  readonly nextMap: Call<[object: ObjectPointer, map: MapPointer | null], MapPointer | null>
  readonly reuseMap: Call<[map: MapPointer, fd: number]>
  readonly setMaxEntries: Call<[map: MapPointer, entries: number]>
  readonly maxEntries: Call<[map: MapPointer]>
  readonly setInitialValue: Call<[map: MapPointer, bytes: Uint8Array, size: number]>
  readonly mapFd: Call<[map: MapPointer]>
  readonly attachFd: WaitingCall<[program: number, target: number, type: number, options: Uint8Array | null]>
  readonly createIterator: Call<[link: number]>
  /** Without a name: where the program itself says. */
  readonly openTracepoint: Call<[name: null, program: number]>
  readonly createHook: WaitingCall<[hook: Uint8Array]>
  readonly destroyHook: WaitingCall<[hook: Uint8Array]>
  readonly attachFilter: WaitingCall<[hook: Uint8Array, options: Uint8Array]>
  readonly detachFilter: WaitingCall<[hook: Uint8Array, options: Uint8Array]>
  readonly queryFilter: Call<[hook: Uint8Array, options: Uint8Array]>
  readonly queryXdp: Call<[index: number, flags: number, id: Uint8Array]>
  readonly lookup: Call<[map: number, key: Uint8Array, value: Uint8Array]>
  readonly update: WaitingCall<[map: number, key: Uint8Array, value: Uint8Array, flags: number]>
  readonly lookupBatch: BatchCall
  readonly takeBatch: BatchCall
  readonly infoByFd: Call<[fd: number, info: Uint8Array, length: Uint8Array]>
  readonly programById: Call<[id: number]>
  readonly mapById: Call<[id: number]>
  readonly linkById: Call<[id: number]>
  readonly query: Call<[target: number, type: number, options: Uint8Array]>
  readonly testRun: Call<[program: number, options: Uint8Array]>
  readonly possibleCpus: Call<[]>
  readonly setPrint: Call<[print: null], bigint | null>
}

/** libbpf prints to stderr by default; what matters of it comes back as errno and as the verifier's log. */
export function openLibbpf(path: string): Libbpf {
  const library = koffi.load(path)
  const bound = Object.entries(functions).map(([name, prototype]) => [name, library.func(prototype)])
  const libbpf = Object.fromEntries(bound) as Libbpf // each prototype above has its type in Libbpf
  libbpf.setPrint(null)
  return libbpf
}
