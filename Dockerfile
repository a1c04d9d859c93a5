# SMB Monitor with its worker, dashboard and Slack surface: docs/running.md. No secret is part of the image.
FROM python:3.13-slim AS build
SHELL ["/bin/bash", "-o", "pipefail", "-c"]
WORKDIR /src
COPY constraints.txt ./
# Every file is checked against its hash; the development tools among them stay behind in this stage.
RUN pip download --quiet --no-cache-dir --require-hashes --dest /wheels --requirement constraints.txt \
    && grep -E '^[a-z0-9]' constraints.txt | sed 's/ *\\$//' >/wheels/pins.txt \
    && python -m venv /opt/smb-monitor
COPY pyproject.toml README.md CHANGELOG.md config.yaml ./
COPY monitor monitor
COPY templates templates
RUN pip wheel --quiet --no-index --find-links /wheels --no-deps --wheel-dir /dist . \
    && wheel="$(echo /dist/*.whl)" \
    && /opt/smb-monitor/bin/pip install --quiet --no-cache-dir --no-index --find-links /wheels \
        --constraint /wheels/pins.txt "smb-monitor[postgres] @ file://$wheel" \
    && /opt/smb-monitor/bin/pip uninstall --quiet --yes pip

FROM python:3.13-slim
RUN useradd --uid 10001 --home-dir /var/lib/smb-monitor --create-home --shell /usr/sbin/nologin monitor
COPY --from=build /opt/smb-monitor /opt/smb-monitor
ENV PATH=/opt/smb-monitor/bin:$PATH PYTHONUNBUFFERED=1 SMB_MONITOR_CONFIG=/etc/smb-monitor/config.yaml
USER 10001
WORKDIR /var/lib/smb-monitor
EXPOSE 8080
# Whether the process answers; whether all is well is /readyz, which a restart does not mend.
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s \
    CMD ["python", "-c", "from urllib.request import urlopen; urlopen('http://127.0.0.1:8080/healthz', timeout=4)"]
ENTRYPOINT ["smb-monitor"]
CMD ["serve"]
