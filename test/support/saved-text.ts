/** What iptables-save would print of an empty kernel after the document of a full sync. */
export function savedText(document: string): string {
  return document
    .replaceAll(/^-I /gm, '-A ')
    .replaceAll(/^-N (.*)$/gm, ':$1 - [0:0]')
    .replaceAll(
      /^(\*.*)$/gm,
      '$1\n:INPUT ACCEPT\n:FORWARD ACCEPT\n:OUTPUT ACCEPT\n:PREROUTING ACCEPT\n:POSTROUTING ACCEPT',
    )
}
