FROM python:3.12-slim-bookworm AS wheels
ENV PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    PIP_NO_CACHE_DIR=off \
    PIP_DISABLE_PIP_VERSION_CHECK=on
RUN apt-get update \
 && apt-get install --no-install-recommends -y build-essential libpq-dev \
 && rm -rf /var/lib/apt/lists/*
COPY requirements/ /requirements/
RUN pip wheel --wheel-dir /wheels -r /requirements/production.txt

FROM python:3.12-slim-bookworm
ARG APP_HOME=/app BUILD_ENVIRONMENT=production
ENV BUILD_ENV ${BUILD_ENVIRONMENT}
WORKDIR ${APP_HOME}
RUN addgroup --system django && adduser --system --ingroup django django
COPY --from=wheels /wheels /wheels/
RUN pip install --no-cache-dir --no-index --find-links=/wheels/ /wheels/* && rm -rf /wheels/
COPY --chown=django:django ./compose/entrypoint /entrypoint
RUN sed -i 's/\r$//g' /entrypoint && chmod +x /entrypoint
COPY --chown=django:django . ${APP_HOME}
USER django
RUN DATABASE_URL="" \
  DJANGO_SETTINGS_MODULE="config.settings.test" \
  python manage.py compilemessages
VOLUME ${APP_HOME}/media
ENTRYPOINT ["/entrypoint"]
CMD gunicorn config.wsgi --bind 0.0.0.0:5000 --chdir="$APP_HOME"
