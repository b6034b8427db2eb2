FROM rocker/r-ver:4.3.2
LABEL org.opencontainers.image.licenses="GPL-2.0-or-later" org.opencontainers.image.source="https://example.org/r" \
      org.opencontainers.image.vendor="Project"
ENV S6_VERSION=v2.1.0.2 SHINY_SERVER_VERSION=latest PANDOC_VERSION=default
RUN /rocker_scripts/install_shiny_server.sh
RUN R -e "install.packages(c('shiny', 'dplyr'), repos='https://example.org/cran')" \
 && R -q -e 'stopifnot(require("shiny"))'
COPY --chown=shiny:shiny app.R /srv/shiny-server/
EXPOSE 3838
CMD ["/init"]
