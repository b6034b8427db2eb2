# syntax=docker/dockerfile:1
FROM python:3-alpine
RUN <<EOF python3
with open("/hello", "w") as f:
    print("Hello", file=f)
    print("World # no comment", file=f)
EOF
RUN python3 - <<'ONE' <<"TWO" || true
print("$HOME \
")
ONE
import sys
TWO
RUN <<-SCRIPT
	#!/usr/bin/env python3
	import os
	print(os.environ["PATH"])
	SCRIPT
COPY --chmod=755 <<"entrypoint.sh" <<config.ini /app/
#!/bin/sh
exec python3 "$@"
entrypoint.sh
[server]
port = ${PORT:-8080}
path = \$HOME
config.ini
ENTRYPOINT ["/app/entrypoint.sh"]
