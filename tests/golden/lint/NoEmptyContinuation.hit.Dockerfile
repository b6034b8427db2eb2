FROM busybox
RUN echo one && \

  echo two
RUN cat <<EOF && \

  true
text

EOF
