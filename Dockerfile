# The whole pipeline on one machine, for developing against it; not what is deployed.
#
#   docker build --tag analytics .
#   docker run --rm --name analytics --publish 8080-8082:8080-8082 --volume analytics:/data analytics
#   docker exec analytics analytics audit --settle 0m
#
# Clients on other machines: --public-url with this machine's address, after `run --host 0.0.0.0`.
FROM python:3.11.14-slim-bookworm@sha256:65a93d69fa75478d554f4ad27c85c1e69fa184956261b4301ebaf6dbb0a3543d AS build
COPY . /source
RUN python -m venv /opt/analytics && cd /source && \
    /opt/analytics/bin/pip install --no-cache-dir --require-hashes --requirement functions/requirements.txt && \
    /opt/analytics/bin/pip install --no-cache-dir .

FROM python:3.11.14-slim-bookworm@sha256:65a93d69fa75478d554f4ad27c85c1e69fa184956261b4301ebaf6dbb0a3543d
COPY --from=build /opt/analytics /opt/analytics
RUN useradd --uid 10001 --create-home analytics && install --directory --owner analytics /data
ENV PATH=/opt/analytics/bin:$PATH PYTHONUNBUFFERED=1
USER 10001
# Compiled here, not at each start.
RUN python -c 'from analytics_local_cloud.warehouse.googlesql.module import load_module; load_module()'
# Everything is kept in /data/.local, where the commands find it.
WORKDIR /data
VOLUME /data
EXPOSE 8080 8081 8082
ENTRYPOINT ["analytics"]
CMD ["run", "--host", "0.0.0.0", "--public-url", "http://localhost:8080"]
