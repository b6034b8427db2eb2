FROM python:3.12-slim
RUN <<EOF cat >> /etc/profile && echo done
export A=1
EOF
RUN <<PY
#!/usr/bin/env python3
import sys
print("in [[brackets]] and ]=] too", sys.version, 'quotes "both"')
PY
RUN python3 - <<'ONE' 3<<TWO
print(open(3).read())
ONE
second ${document}
TWO
RUN bash -xc 'cat <<< "$HOME"'
RUN --network=none --security=sandbox <<-EOT
	echo tabs
		echo more
	EOT
ONBUILD RUN <<EOF
echo child
EOF
ONBUILD COPY <<EOF /etc/child
from the parent
EOF
