import { parentPort, workerData } from 'node:worker_threads'
import { DnsLoad } from '../host/dns-load.ts'
import { errorText } from '../host/error-text.ts'
import type { DnsAnswers } from './dns-answers.ts'
import { DnsSockets } from './dns-sockets.ts'
import { WorkerLog } from './dns-worker-log.ts'
import type { DoneValue, FromWorker, LogLevel, ToWorker, WorkerData, WorkerFigures } from './dns-worker-messages.ts'

/**
 * Builds the answers of a worker from what the main thread sent, or gives those it has; rejects with a sentence where what
 * was sent is wrong.
 */
export type CreateAnswers<Setup, Change> = (
  setup: Setup,
  log: (level: LogLevel, message: string) => void,
  current: DnsAnswers<Change> | undefined,
) => Promise<DnsAnswers<Change>>

/** Makes this thread a DNS worker, which does as the main thread's DnsWorkers says. */
export function runDnsWorker<Setup, Change>(create: CreateAnswers<Setup, Change>): void {
  const port = parentPort
  if (!port) throw new Error('Cannot run a DNS worker outside a worker thread')
  const { maxConnections }: WorkerData = workerData
  const send = (message: FromWorker): void => port.postMessage(message)
  const log = new WorkerLog((lines) => send({ kind: 'lines', lines }))
  const load = new DnsLoad(maxConnections)
  const sockets = new DnsSockets<Change>(load, (message) => log.write('warn', message))
  const reply = async (id: number, work: () => Promise<DoneValue>): Promise<void> => {
    try {
      send({ kind: 'done', id, value: await work() })
    } catch (error) {
      send({ kind: 'failed', id, reason: errorText(error) })
    }
  }
  // In their order: a change is one of the setup that came before it.
  let last = Promise.resolve()
  const inTurn = (work: () => void | Promise<void>): void => {
    last = last.then(work)
  }
  port.on('message', (message: ToWorker<Setup, Change>) => {
    switch (message.kind) {
      case 'update': {
        const { id, setup, listen } = message
        inTurn(() =>
          reply(id, () => exchange(sockets, () => create(setup, log.write.bind(log), sockets.answers), listen)),
        )
        break
      }
      case 'change':
        inTurn(() =>
          reply(message.id, async () => {
            sockets.answers?.change(message.change)
            return undefined
          }),
        )
        break
      case 'collect':
        void reply(message.id, async () => figuresOf(load, sockets))
        break
      case 'settle':
        void reply(message.id, async () => {
          await sockets.settled()
          return undefined
        })
        break
      case 'logged':
        log.written()
        break
      case 'stop':
        inTurn(async () => {
          await sockets.close()
          port.close()
        })
        break
    }
  })
}

async function exchange<Change>(
  sockets: DnsSockets<Change>,
  create: () => Promise<DnsAnswers<Change>>,
  listen: Parameters<DnsSockets<Change>['update']>[1],
): Promise<number[]> {
  const answers = await create()
  try {
    return [...(await sockets.update(answers, listen))]
  } catch (error) {
    if (answers !== sockets.answers) answers.close()
    throw error
  }
}

function figuresOf<Change>({ waiting, dropped, connections }: DnsLoad, open: DnsSockets<Change>): WorkerFigures {
  return {
    sockets: { waiting, dropped, connections: connections.size, evicted: connections.evicted },
    answers: open.answers?.figures(),
  }
}
