# dcgan in a container. docs/sharing.md tells how to build and run it.
ARG PYTHON=3.11

FROM python:${PYTHON}-slim AS build
# Where torch is taken from: its CPU build. PyPI (https://pypi.org/simple) has the one for CUDA, which is much larger.
ARG TORCH_INDEX=https://download.pytorch.org/whl/cpu
RUN python -m venv /opt/dcgan
ENV PATH=/opt/dcgan/bin:$PATH
WORKDIR /source
# The large dependency by itself: it is not installed again when dcgan changes.
COPY constraints.txt ./
RUN pip install --no-cache-dir --constraint constraints.txt --extra-index-url "$TORCH_INDEX" torch
COPY pyproject.toml README.md LICENSE ./
COPY src src
RUN pip install --no-cache-dir --constraint constraints.txt \
    '.[demo,features,metrics,video,audio,faces,inpaint,formats,lmdb,hub,export,studio]'

FROM python:${PYTHON}-slim
COPY --from=build /opt/dcgan /opt/dcgan
# Whoever runs it (docker run --user) writes into the mounted folder, where the caches lie, too, so that they stay.
RUN useradd --uid 1000 --create-home dcgan && mkdir /data && chown dcgan /data
ENV PATH=/opt/dcgan/bin:$PATH \
    DCGAN_CACHE=/data/.cache/dcgan \
    HF_HOME=/data/.cache/huggingface
USER 1000
WORKDIR /data
ENTRYPOINT ["dcgan"]
CMD ["--help"]
