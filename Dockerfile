# The image of the Space: one process on one port serves the pages and the HTTP API.
# Streamlit needs Python 3.11 or newer.
FROM python:3.11-slim-bookworm
ENV PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 PIP_DISABLE_PIP_VERSION_CHECK=1

# A Space runs as user 1000; nothing after this line belongs to root.
RUN useradd --create-home --uid 1000 user
USER user
ENV HOME=/home/user PATH=/home/user/.local/bin:$PATH
# Made here so that a volume mounted there belongs to the user, as an empty one takes this owner.
RUN mkdir -p "$HOME/hub" "$HOME/.cache/huggingface"
# Never "/": Streamlit refuses to run there.
WORKDIR /home/user/app

# The index with PyTorch's CPU wheels, as its install page gives it: saves gigabytes of CUDA.
# A variable of the Space with this name arrives here as a build argument.
ARG TORCH_INDEX=
COPY --chown=user requirements.txt ./
RUN pip install --no-cache-dir --user \
      ${TORCH_INDEX:+--extra-index-url "$TORCH_INDEX"} -r requirements.txt

# One model baked into the image, so that the first answer needs no download; others come on demand.
# space_config.deploy fills in the two lines. A private model needs the secret HF_TOKEN.
ARG MODEL_ID=
ARG MODEL_REVISION=main
COPY --chown=user hub hub
COPY --chown=user inference inference
COPY --chown=user space_config/__init__.py space_config/bake.py space_config/
RUN --mount=type=secret,id=HF_TOKEN,mode=0444 \
    if [ -n "$MODEL_ID" ]; then \
      HF_TOKEN="$(cat /run/secrets/HF_TOKEN 2>/dev/null || true)" \
        python -m space_config.bake "$MODEL_ID" --revision "$MODEL_REVISION"; \
    fi

# The code last: a push that changes only pages reuses the layers above.
COPY --chown=user . .
# The cookie setting belongs to the image: on http://localhost some browsers drop a Secure cookie.
ENV TOKENIZERS_PARALLELISM=false HF_HUB_DISABLE_TELEMETRY=1 \
    STREAMLIT_SERVER_XSRF_COOKIE_SAME_SITE=none
EXPOSE 8501
HEALTHCHECK --interval=30s --timeout=5s --start-period=120s --retries=3 \
  CMD ["python", "-c", "import urllib.request as u; u.urlopen('http://127.0.0.1:8501/api/health', timeout=4)"]
CMD ["streamlit", "run", "server.py", "--server.port=8501", "--server.address=0.0.0.0"]
