/** The answer to one message; undefined means none is sent. */
export type AnswerDns = (query: Uint8Array, transport: 'udp' | 'tcp') => Uint8Array | undefined

export interface DnsListener {
  readonly port: number
  close(): Promise<void>
}
