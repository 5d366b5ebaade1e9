import type { ServerResponse } from 'node:http';
import { give, textOf } from '../stand-in-server.ts';
import type { Answer } from './answers.ts';
import type { Sending } from './fault-course.ts';

/** Sends an answer, or as much of it as things let through. */
export function send(response: ServerResponse, answer: Answer, sending: Sending): void {
  if (sending === 'hang-up') response.destroy();
  if (sending === 'half-headers') sendHalfHeaders(response, answer);
  if (sending === 'half') give(response, answer, { half: true });
  if (sending === 'truncated') give(response, { ...answer, body: halfOf(textOf(answer)) });
  if (sending === 'empty') give(response, { ...answer, body: '' });
  if (sending === 'whole') give(response, answer);
}

/** By hand: Node sends headers whole or not at all. */
function sendHalfHeaders({ socket }: ServerResponse, { status }: Answer): void {
  socket?.write(`HTTP/1.1 ${status} OK\r\ncontent-type: application/json\r\nx-notion-req`);
}

function halfOf(text: string): string {
  return text.slice(0, text.length / 2);
}
