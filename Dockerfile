# One image for every part of Footfall: the command says which.
FROM node:22-slim AS web

# What browsers load; without it the pages and /tracker.js have nothing to answer.
WORKDIR /web
COPY web ./
RUN for project in */package.json; do \
        (cd "${project%/*}" && npm ci --no-audit --no-fund && npm run build && rm -rf node_modules) || exit 1; \
    done

FROM python:3.12-slim AS build

# The lock first: a change of the code leaves this layer, the large one, as it is.
WORKDIR /footfall
RUN python -m venv .venv && .venv/bin/pip install --no-cache-dir uv
COPY requirements.lock ./
ARG FOOTFALL_TORCH_BACKEND=cpu
RUN VIRTUAL_ENV=/footfall/.venv .venv/bin/uv pip install --no-cache --compile-bytecode \
        --requirement requirements.lock && \
    VIRTUAL_ENV=/footfall/.venv .venv/bin/uv pip install --no-cache --compile-bytecode \
        --torch-backend="$FOOTFALL_TORCH_BACKEND" --constraint requirements.lock torch==2.13.0
COPY . .
COPY --from=web /web web
RUN .venv/bin/pip install --no-cache-dir --no-deps --no-build-isolation --editable .

FROM python:3.12-slim
RUN useradd --system --uid 10001 --home-dir /var/lib/footfall --create-home footfall
COPY --from=build /footfall /footfall
WORKDIR /footfall
ENV PATH=/footfall/.venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    FOOTFALL_ENVIRONMENT=production \
    FOOTFALL_DATA_DIR=/var/lib/footfall \
    FOOTFALL_HOST=0.0.0.0 \
    FOOTFALL_LOG_FORMAT=json
USER footfall
VOLUME /var/lib/footfall
EXPOSE 8080
STOPSIGNAL SIGTERM
ENTRYPOINT ["footfall"]
CMD ["api"]
