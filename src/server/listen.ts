import type { FastifyInstance } from 'fastify';
import { OperatorError } from '../operator-error.ts';

/**
 * Starts to listen.
 *
 * @returns the server's own address, as a URL.
 * @throws {OperatorError} when the port is taken or the address is not this machine's.
 */
export async function listen(app: FastifyInstance, { host, port }: { host: string; port: number }): Promise<string> {
  try {
    return await app.listen({ host, port });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EADDRINUSE') throw new OperatorError(`Port ${port} is in use: set PORT to another one.`);
    if (code === 'EACCES')
      throw new OperatorError(`Port ${port} is not permitted to this user: set PORT to one above 1023.`);
    if (code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND')
      throw new OperatorError(`HOST is no address of this machine: ${host}`);
    throw error;
  }
}
