ARG CUDA=12.2.2
ARG CUDNN
ARG OS=ubuntu22.04
FROM nvidia/cuda:${CUDA}${CUDNN:+-cudnn8}-devel-${OS} AS devel
ARG CUDA
ARG PYTHON=3.10 TORCH=2.1.0
ENV DEBIAN_FRONTEND=noninteractive \
    LD_LIBRARY_PATH=/usr/local/cuda-${CUDA%.*}/lib64${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}
RUN --mount=type=cache,target=/root/.cache/pip \
    python${PYTHON} -m pip install "torch==${TORCH}"
FROM devel AS flash
RUN --device=nvidia.com/gpu=all nvidia-smi
FROM nvidia/cuda:${CUDA}-runtime-${OS}
COPY --from=devel /usr/local/lib/python3.10/dist-packages /usr/local/lib/python3.10/dist-packages
SHELL ["/bin/bash", "-c"]
CMD source /etc/profile && exec python3 -m app
