# Paper trading:    docker run --env-file .env -v alerts:/alerts -e ALERTS_FILE=/alerts/nuclear_alerts.json alpaca-trader
# Built-in venue:   docker run alpaca-trader demo
# Mount the alerts' directory, never the single file: a mounted file keeps its old inode after a rename.
FROM node:24-bookworm-slim AS build
WORKDIR /app
COPY package.json package-lock.json tsconfig.json tsconfig.build.json ./
COPY src ./src
# The image brings Node 24 itself, so the locked one is left out.
RUN npm ci --omit=optional && npm prune --omit=dev --omit=optional --ignore-scripts

FROM node:24-bookworm-slim
ENV NODE_ENV=production STATE_DIR=/var/lib/alpaca-trader LOG_DIR=/var/log/alpaca-trader
WORKDIR /app
RUN install -d -o node -g node -m 0700 /var/lib/alpaca-trader && install -d -o node -g node -m 0755 /var/log/alpaca-trader
COPY --from=build /app/node_modules ./node_modules
COPY --from=build /app/dist ./dist
COPY package.json ./
USER node
VOLUME ["/var/lib/alpaca-trader"]
STOPSIGNAL SIGTERM
ENTRYPOINT ["node", "dist/cli.js"]
CMD ["run"]
