FROM oven/bun:1 as base
WORKDIR /usr/src/app

# the dependencies have a folder of their own, which is cached
FROM base AS install
RUN mkdir -p /temp/dev
COPY package.json bun.lockb /temp/dev/
RUN cd /temp/dev && bun install --frozen-lockfile
RUN mkdir -p /temp/prod
COPY package.json bun.lockb /temp/prod/
RUN cd /temp/prod && bun install --frozen-lockfile --production

FROM install AS prerelease
COPY --from=install /temp/dev/node_modules node_modules
COPY . .
ENV NODE_ENV=production
RUN bun test && bun run build

FROM denoland/deno:alpine AS edge
COPY --from=prerelease /usr/src/app/edge.ts .
RUN ["deno", "cache", "edge.ts"]

FROM base AS release
COPY --from=install /temp/prod/node_modules node_modules
COPY --from=prerelease /usr/src/app/index.ts .
COPY --from=edge /deno-dir /deno-dir
USER bun
EXPOSE 3000/tcp
ENTRYPOINT [ "bun", "run", "index.ts" ]
