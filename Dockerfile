# The image of the Handover Bridge: one binary, the shared objects it asks for, certification authorities and time
# zones. No shell, no package manager; runs as an unprivileged user on a read-only root, and writes to /data alone.
#
#   docker build --tag handover-bridge .
#   docker run --read-only --cap-drop ALL --security-opt no-new-privileges --publish 8080:8080 \
#     --volume handover:/data --volume ./bridge.toml:/etc/handover/bridge.toml:ro \
#     --env HANDOVER_CONFIG=/etc/handover/bridge.toml handover-bridge
#
# For a build that can be repeated to the byte, replace the tag below by the digest that your registry shows for it.

FROM rust:1.95-bookworm AS build
RUN apt-get update \
    && apt-get install --yes --no-install-recommends ca-certificates tzdata \
    && rm -rf /var/lib/apt/lists/*
RUN cargo install --locked cargo-auditable@0.7.7
WORKDIR /src
COPY . .
RUN cargo fetch --locked
# Nothing but what the lock file names goes in. The list of packages is kept in the binary, where scanners read it.
RUN --network=none cargo auditable build --offline --locked --release --bin handover
RUN --network=none deploy/image/rootfs target/release/handover /rootfs

FROM scratch
LABEL org.opencontainers.image.title="Handover Bridge" \
      org.opencontainers.image.description="Carries conversations between chatbots and human agents" \
      org.opencontainers.image.licenses="Apache-2.0"
COPY --from=build /rootfs /
COPY --from=build --chown=65532:65532 /rootfs/data /data
WORKDIR /
USER 65532:65532
VOLUME /data
EXPOSE 8080
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=3s --start-period=10s CMD ["/usr/local/bin/handover", "healthcheck"]
ENTRYPOINT ["/usr/local/bin/handover"]
CMD ["serve"]
