import type { IncomingHttpHeaders } from 'node:http';

/** Whether only this machine can reach a server that listens on, or is called by, this host name or address. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '[::1]' || host === '::1' || /^127(\.\d{1,3}){3}$/.test(host);
}

/**
 * Whether whoever asks sits at this machine. Listening on loopback is no password: a tunnel or a proxy brings strangers
 * in, and a web page can point a host name of its own at 127.0.0.1 (DNS rebinding).
 */
export function isFromThisMachine(headers: IncomingHttpHeaders): boolean {
  const url = `http://${headers.host ?? ''}`;
  const isForwarded = Object.keys(headers).some((name) => /^(forwarded|via|x-forwarded-.*|x-real-ip)$/.test(name));
  return !isForwarded && URL.canParse(url) && isLoopback(new URL(url).hostname);
}
