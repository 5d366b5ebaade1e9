# Debian, not Alpine: Temporal's native module has no build for musl.
FROM node:24-bookworm-slim AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
# Not `npm ci`: it refuses a lock file that leaves out other platforms' builds of optional packages, as ours does.
RUN npm install
COPY tsconfig.json tsconfig.build.json ./
COPY src src
RUN npm run build

FROM node:24-bookworm-slim AS dependencies
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
# Temporal's native module comes for five platforms, about 28 MB each; one of them runs here.
RUN npm install --omit=dev \
    && find node_modules/@temporalio/core-bridge/releases -mindepth 1 -maxdepth 1 \
       ! -name "$(uname -m)-unknown-linux-gnu" -exec rm -rf {} +

FROM node:24-bookworm-slim
# Temporal's client trusts the system's certificates, and the slim image brings none. The newest are the right ones.
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install -y --no-install-recommends ca-certificates \
    && rm -rf /var/lib/apt/lists/*
WORKDIR /app
COPY --from=dependencies /app/node_modules node_modules
COPY --from=build /app/dist dist
COPY package.json ./
COPY templates templates
COPY pages pages
COPY migrations migrations
# A named volume mounted here takes over this owner.
RUN install -d -o node -g node /data

# Inside a container loopback reaches nobody: what may connect is decided by the ports that are published.
ENV NODE_ENV=production TZ=UTC HOST=0.0.0.0 PORT=8000 DATA_DIR=/data
# The user "node", by number: Kubernetes only believes a number not to be root.
USER 1000:1000
EXPOSE 8000
CMD ["node", "dist/cli/precall.js", "server"]
