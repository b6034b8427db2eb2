FROM busybox AS base
FROM base AS buildOne
