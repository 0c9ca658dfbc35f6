import type { Message, MessageRecord } from '../dns/message.ts'
import { nameBytes } from '../dns/name.ts'
import { recordTypes } from '../dns/record-type.ts'
import { dataBytes } from '../dns/resource-record.ts'
import { familyOf } from '../net/address.ts'
import { answerMessage } from './answer-message.ts'
import type { Handler } from './handler.ts'
import type { Request } from './request.ts'

/** Tells clients who they are, in the additional section: their address, and their port as an SRV. The last of the plugins. */
export function whoami(): Handler {
  return (request) => ({ kind: 'message', message: describeClient(request), by: 'whoami' })
}

function describeClient(request: Request): Message {
  const { query, transport, client } = request
  const type = familyOf(client.address) === 'IPv4' ? 'A' : 'AAAA'
  const common = { class: query.class, ttl: 0 }
  const address: MessageRecord = {
    ...common,
    owner: query.name,
    type: recordTypes[type],
    data: dataBytes({ type, address: client.address }),
  }
  const port: MessageRecord = {
    ...common,
    owner: query.name === '.' ? `_${transport}.` : `_${transport}.${query.name}`,
    type: recordTypes.SRV,
    data: dataBytes({ type: 'SRV', weight: 0, port: client.port, target: '.' }),
  }
  // A name that leaves no room for one more label has no SRV.
  const additional = [address, port].filter(({ owner }) => nameBytes(owner) !== undefined)
  return answerMessage(request, { authoritative: true, additional })
}
