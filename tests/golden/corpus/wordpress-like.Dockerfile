FROM php:8.2-apache

# what stays
RUN set -eux; \
	apt-get update; \
	apt-get install -y --no-install-recommends \
# previews of PDF files need it
		ghostscript \
	; \
	rm -rf /var/lib/apt/lists/*

RUN set -ex; \
	savedAptMark="$(apt-mark showmanual)"; \
	apt-get update; \
	apt-get install -y --no-install-recommends libfreetype6-dev libpng-dev libzip-dev; \
	\
	docker-php-ext-configure gd --with-freetype --with-jpeg; \
	docker-php-ext-install -j "$(nproc)" bcmath gd mysqli zip; \
	\
# what only building needed goes
	apt-mark auto '.*' > /dev/null; \
	apt-mark manual $savedAptMark; \
	extdir="$(php -r 'echo ini_get("extension_dir");')"; \
	ldd "$extdir"/*.so | awk '/=>/ { so = $(NF-1); print so }' \
		| sort -u | xargs -rt apt-mark manual; \
	rm -rf /var/lib/apt/lists/*

RUN { \
		echo 'opcache.memory_consumption=128'; \
		echo 'opcache.revalidate_freq=2'; \
	} > /usr/local/etc/php/conf.d/opcache-recommended.ini

VOLUME /var/www/html
COPY docker-entrypoint.sh /usr/local/bin/
ENTRYPOINT ["docker-entrypoint.sh"]
CMD ["apache2-foreground"]
