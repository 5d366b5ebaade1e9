import type { IncomingHttpHeaders } from 'node:http';

/** Whether only this machine can reach a server that listens on, or is called by, this host name or address. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '[::1]' || host === '::1' || /^(::ffff:)?127(\.\d{1,3}){3}$/.test(host);
}

/**
 * Whether whoever asks sits at this machine. Listening on loopback is no password: a tunnel or a proxy brings strangers
 * in, and a web page can point a host name of its own at 127.0.0.1 (DNS rebinding). Neither is the Host header, in which
 * a stranger writes what he likes.
 *
 * @param ip the address of whoever has connected.
 */
export function isFromThisMachine({ headers, ip }: { headers: IncomingHttpHeaders; ip: string }): boolean {
  const url = `http://${headers.host ?? ''}`;
  const isForwarded = Object.keys(headers).some((name) => /^(forwarded|via|x-forwarded-.*|x-real-ip)$/.test(name));
  return !isForwarded && isLoopback(ip) && URL.canParse(url) && isLoopback(new URL(url).hostname);
}
