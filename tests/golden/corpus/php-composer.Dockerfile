ARG PHP=8.3
ARG COMPOSER=2
FROM composer:${COMPOSER} AS composer

FROM php:${PHP}-fpm-alpine AS app
COPY --from=composer /usr/bin/composer /usr/bin/composer
COPY --from=mlocati/php-extension-installer:2 /usr/bin/install-php-extensions /usr/local/bin/
RUN install-php-extensions intl pdo_pgsql redis
WORKDIR /srv/app
COPY --link composer.* symfony.* ./
RUN --mount=type=secret,id=composer_auth,target=/root/.composer/auth.json,required=true \
    composer install --no-dev --no-scripts --prefer-dist --no-progress
COPY --link --exclude=tests --exclude=**/*.md . .
LABEL org.opencontainers.image.title="An app" \
      org.opencontainers.image.description='It isn''t much, "but" it works' \
      maintainer="somebody@example.org"
CMD ["php-fpm"]
