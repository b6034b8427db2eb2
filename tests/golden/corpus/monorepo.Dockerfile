FROM alpine:3.19 AS Base
run apk add --no-cache bash
from Base as tools
copy scripts/ /scripts/
From tools AS service-a
Copy --from=TOOLS /scripts/a.sh /a.sh
cmd ["/a.sh"]
FROM tools AS service-b
COPY --from=service-a /a.sh /b.sh
CMD ["/b.sh"]
FROM scratch AS end
COPY --from=service-a / /a
COPY --from=service-b / /b
FROM scratch AS repeat
COPY --from=end /a /
FROM busybox AS default
COPY --from=repeat / /
