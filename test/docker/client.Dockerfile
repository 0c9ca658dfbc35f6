# Asks the agent from a container of its own.
FROM debian:bookworm-slim
RUN apt-get update && apt-get install -y --no-install-recommends dnsutils && rm -rf /var/lib/apt/lists/*
ENTRYPOINT ["sleep", "infinity"]
