import type { AddressInfo } from 'node:net';
import { Inject, Injectable } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { CONFIG, type Config } from '../config/config.js';
import { isEveryAddress } from '../config/hosts.js';

/** A browser cannot visit a wildcard address. */
function nameOf(host: string): string {
  if (isEveryAddress(host)) return 'localhost';
  return host.includes(':') ? `[${host}]` : host;
}

/** The service's address from outside, for links. */
@Injectable()
export class PublicAddress {
  constructor(
    private readonly host: HttpAdapterHost,
    @Inject(CONFIG.http) private readonly config: Config['http'],
  ) {}

  /** PUBLIC_URL, or the address on which this process listens; without a trailing slash. */
  get url(): string {
    const { publicUrl, host, port } = this.config;
    if (publicUrl) return publicUrl;
    const server = this.host.httpAdapter.getHttpServer() as { address(): AddressInfo | null };
    return `http://${nameOf(host)}:${server.address()?.port ?? port}`;
  }
}
