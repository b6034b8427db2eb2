FROM eclipse-temurin:17-jre-jammy
ENV CATALINA_HOME /usr/local/tomcat
ENV PATH $CATALINA_HOME/bin:$PATH
RUN mkdir -p "$CATALINA_HOME"
WORKDIR $CATALINA_HOME

# let "Tomcat Native" live somewhere isolated
ENV TOMCAT_NATIVE_LIBDIR $CATALINA_HOME/native-jni-lib
ENV LD_LIBRARY_PATH ${LD_LIBRARY_PATH:+$LD_LIBRARY_PATH:}$TOMCAT_NATIVE_LIBDIR

ENV GPG_KEYS 5C3C5F3E314C866292F359A8F3AD5C94A67F707E
ENV TOMCAT_MAJOR 10
ENV TOMCAT_VERSION 10.1.18
ENV TOMCAT_SHA512 6a2a3ec

RUN set -eux; \
	\
	savedAptMark="$(apt-mark showmanual)"; \
	apt-get update; \
	\
	ddist() { \
		local f="$1"; shift; \
		local distFile="$1"; shift; \
		for distUrl in \
# https://apache.org/history/mirror-history.html
			"https://dlcdn.apache.org/$distFile" \
			"https://archive.apache.org/dist/$distFile" \
		; do \
			if curl -fL -o "$f" "$distUrl"; then break; fi; \
		done; \
	}; \
	\
	ddist 'tomcat.tar.gz' "tomcat/tomcat-$TOMCAT_MAJOR/v$TOMCAT_VERSION/bin/apache-tomcat-$TOMCAT_VERSION.tar.gz"; \
	echo "$TOMCAT_SHA512 *tomcat.tar.gz" | sha512sum --strict --check -; \
	tar -xf tomcat.tar.gz --strip-components=1; \
# fix permissions (especially for running as non-root)
	chmod -R +rX .; \
	chmod 1777 logs temp work; \
	\
# smoke test
	catalina.sh version

EXPOSE 8080
# upstream suggests "run"
CMD ["catalina.sh", "run"]
