# Builds an image that holds mpiaudit and nothing to build it with:
#
#   docker build --build-arg REVISION="$(git rev-parse HEAD)" -t mpiaudit .
#   docker run --rm -v "$PWD:/work:ro" mpiaudit scan manifests/
#
# A tag can be moved, a digest cannot: `docker buildx imagetools inspect python:3.13-slim-trixie` prints
# the next one.
ARG BASE=python:3.13.15-slim-trixie@sha256:7c61056e61ac89e852de05f3dc6fa51a6dd2181797bceed46aa725dd7cb2cd3b

FROM ${BASE} AS build
COPY . /src
RUN python -m venv /opt/mpiaudit \
    && /opt/mpiaudit/bin/pip install --no-cache-dir --disable-pip-version-check /src

FROM ${BASE}
ARG REVISION=unknown
LABEL org.opencontainers.image.title="mpiaudit" \
      org.opencontainers.image.description="Audit Kubeflow MPIJob compatibility" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.revision="${REVISION}"
COPY --from=build /opt/mpiaudit /opt/mpiaudit
ENV PATH=/opt/mpiaudit/bin:$PATH
# A number, for runAsNonRoot cannot judge a name.
USER 65532:65532
WORKDIR /work
ENTRYPOINT ["mpiaudit"]
