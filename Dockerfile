# The image of the Space: one process on one port serves the pages and the HTTP API.
# Streamlit needs Python 3.11 or newer.
FROM python:3.11-slim-bookworm
ENV PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 PIP_DISABLE_PIP_VERSION_CHECK=1

# A Space runs as user 1000.
RUN useradd --create-home --uid 1000 user
USER user
ENV HOME=/home/user PATH=/home/user/.local/bin:$PATH
# Never "/": Streamlit refuses to run there.
WORKDIR /home/user/app

# The index with PyTorch's CPU wheels, as its install page gives it: saves gigabytes of CUDA.
# A variable of the Space with this name arrives here as a build argument.
ARG TORCH_INDEX=
COPY --chown=user requirements.txt ./
RUN pip install --no-cache-dir --user \
      ${TORCH_INDEX:+--extra-index-url "$TORCH_INDEX"} -r requirements.txt

# One model baked into the image, so that the first answer needs no download; others come on demand.
ARG MODEL_ID=
ARG MODEL_REVISION=main
RUN if [ -n "$MODEL_ID" ]; then \
      hf download "$MODEL_ID" --revision "$MODEL_REVISION" \
        --include "*.json" --include "onnx/model_quantized.onnx"; \
    fi

# The code last: a push that changes only code reuses the layers above.
COPY --chown=user . .
# The cookie setting belongs to the image: on http://localhost some browsers drop a Secure cookie.
ENV TOKENIZERS_PARALLELISM=false HF_HUB_DISABLE_TELEMETRY=1 \
    STREAMLIT_SERVER_XSRF_COOKIE_SAME_SITE=none
EXPOSE 8501
HEALTHCHECK --interval=30s --timeout=5s --start-period=120s --retries=3 \
  CMD ["python", "-c", "import urllib.request as u; u.urlopen('http://127.0.0.1:8501/api/health', timeout=4)"]
CMD ["streamlit", "run", "server.py", "--server.port=8501", "--server.address=0.0.0.0"]
