FROM ghcr.io/astral-sh/uv:0.4 AS uv
FROM python:3.12-slim AS builder
COPY --from=uv /uv /usr/local/bin/uv
ENV UV_LINK_MODE=copy UV_COMPILE_BYTECODE=1 UV_PYTHON_DOWNLOADS=never \
    UV_PROJECT_ENVIRONMENT=/app
RUN --mount=type=cache,target=/root/.cache \
    --mount=type=bind,source=uv.lock,target=uv.lock \
    --mount=type=bind,source=pyproject.toml,target=pyproject.toml \
    uv sync --locked --no-dev --no-install-project
COPY --exclude=tests --exclude=**/*.pyc . /src
WORKDIR /src
RUN --mount=type=cache,target=/root/.cache \
    uv sync --locked --no-dev --no-editable
FROM python:3.12-slim
ENV PATH=/app/bin:$PATH
STOPSIGNAL SIGINT
COPY --from=builder --chown=app:app /app /app
RUN <<EOT
python -V
python -Im site
python -Ic 'import the_app'
EOT
