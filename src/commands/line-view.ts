import type {NodeState} from '../events/node-state.ts'
import type {Palette} from '../output/colour.ts'
import type {ObserveRequest} from './observe-request.ts'
import type {Stage} from './run-nodes.ts'
import type {View} from './view.ts'

export interface ViewOptions<Request> {
  readonly stage: Stage
  readonly request: Request
  readonly palette: Palette
}

/** Text or JSON, written as it comes. */
export abstract class LineView<Request extends {readonly run: ObserveRequest}> implements View {
  protected readonly options: ViewOptions<Request>

  constructor(options: ViewOptions<Request>) {
    this.options = options
  }

  abstract started(state: NodeState): Promise<void>
  abstract finish(): Promise<void>

  notice(node: string, text: string): void {
    this.options.stage.notices.say(node, text)
  }

  protected get isJson(): boolean {
    return this.options.request.run.view.form === 'json'
  }

  protected write(text: string): Promise<void> {
    return this.options.stage.sink.write(text)
  }
}
