FROM busybox
RUN echo one && \
  # a comment is no empty line
  echo two

RUN cat <<EOF

text
EOF
