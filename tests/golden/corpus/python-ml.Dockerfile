ARG CUDA=12.1.0 OS=ubuntu22.04
FROM nvidia/cuda:${CUDA}-cudnn8-devel-${OS} AS builder
ARG CUDA
ARG PYTHON_VERSION=3.10
SHELL ["/bin/bash", "-o", "pipefail", "-c"]
ENV DEBIAN_FRONTEND=noninteractive \
	LANG=C.UTF-8
RUN apt-get update && apt-get install -y --no-install-recommends \
		python${PYTHON_VERSION} \
		python3-pip \
	&& rm -rf /var/lib/apt/lists/*
RUN echo "cu${CUDA//./}" | cut -c1-5 > /cuda-tag
RUN --mount=type=cache,target=/root/.cache/pip,sharing=locked \
	pip install torch --index-url "https://download.pytorch.org/whl/$(cat /cuda-tag)"
FROM builder AS jupyter
RUN pip install jupyterlab
HEALTHCHECK --interval=30s --timeout=5s --start-period=2m --retries=5 \
	CMD curl -fsS http://localhost:8888/api || exit 1
CMD ["jupyter", "lab", "--ip=0.0.0.0"]
