# docs/docker.md says how to run it. For a build that can be repeated, pin the base by its digest
# (docker buildx imagetools inspect node:24-bookworm-slim) in both FROM lines: node:24-bookworm-slim@sha256:…
FROM node:24-bookworm-slim AS build
# Node as process 1 would not bury the processes of others; tini does, and hands signals on. It is copied, so that
# apt's lists and caches stay behind.
RUN apt-get update && apt-get install -y --no-install-recommends tini
WORKDIR /app
COPY package.json package-lock.json ./
COPY scripts/prepare.js scripts/built.js scripts/bundle.js scripts/node.js ./scripts/
COPY src ./src
# The image brings Node 24 itself, so the locked one is left out.
RUN npm ci --omit=optional && npm prune --omit=dev --omit=optional --ignore-scripts
# Only a fleet with a database needs them: docker build --build-arg FLEET_DATABASE=yes. Where package.json names them they
# count as optional or as development dependencies, and npm would leave them out.
ARG FLEET_DATABASE=
RUN if [ -n "$FLEET_DATABASE" ]; then \
      peers=$(node -p "Object.entries(require('./package.json').peerDependencies).map((each) => each.join('@')).join(' ')") \
      && npm pkg delete devDependencies peerDependencies peerDependenciesMeta \
      && npm install --no-save --omit=optional --ignore-scripts $peers; \
    fi
# Node runs JavaScript: types, sources, source maps and manuals are more than half of what the packages bring.
RUN find node_modules -type f ! -iname 'licen[cs]e*' \( -name '*.ts' -o -name '*.[cm]ts' -o -name '*.map' -o -name '*.md' \) -delete

FROM node:24-bookworm-slim
COPY --from=build /usr/bin/tini /usr/bin/tini
RUN install -d -o node -g node -m 0700 /var/lib/alpaca-trader \
 && install -d -o node -g node -m 0750 /var/log/alpaca-trader \
 && install -d -o node -g node -m 0755 /alerts
ENV NODE_ENV=production STATE_DIR=/var/lib/alpaca-trader LOG_DIR=/var/log/alpaca-trader LIFE_SIGN_FILE=/dev/shm/alpaca-trader
# What the C library frees goes back to the system at once; left to itself it keeps some 10 MiB of the start for good.
ENV MALLOC_MMAP_THRESHOLD_=131072 MALLOC_TRIM_THRESHOLD_=131072
WORKDIR /app
COPY --from=build /app/node_modules ./node_modules
COPY --from=build /app/dist ./dist
COPY package.json LICENSE ./
RUN ln -s /app/dist/cli.js /usr/local/bin/alpaca-trader && chmod +x dist/cli.js
USER node
VOLUME ["/var/lib/alpaca-trader", "/var/log/alpaca-trader"]
STOPSIGNAL SIGTERM
# Healthy while the daemon updates its liveness file; a hung one is killed, so that the restart policy starts another.
# A broker that does not answer is no reason to restart.
HEALTHCHECK --interval=30s --timeout=15s --start-period=30s CMD ["node", "dist/supervision/health-check.js"]
ENTRYPOINT ["tini", "--", "alpaca-trader"]
CMD ["run"]
