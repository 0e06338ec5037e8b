#!/bin/sh
# Training on the Hub's own machines (paid by the minute), from the code in the repo of a Space to
# which this whole project was pushed by git (space_config.deploy leaves training/ out):
#   SPACE=owner/space DATASET=owner/dataset MODEL=owner/model sh training/configs/hf_jobs.sh
# More arguments go to `hf jobs run`, as --flavor a10g-large, --dry-run or --detach.
set -eu
: "${SPACE:?the Space whose code trains, owner/name}"
: "${DATASET:?the labelled texts, a dataset repo}"
: "${MODEL:?the repo to publish to}"
RECIPE=${RECIPE:-training/recipes/toxicity.yaml}
exec hf jobs run --flavor l4x1 --timeout 2h --secrets HF_TOKEN \
    --volume "hf://spaces/$SPACE:/space:ro" "$@" \
    -- python:3.11 bash -c "set -e; cp -r /space /tmp/space && cd /tmp/space
pip install --quiet -r training/requirements.txt
python -m training.train --config $RECIPE --dataset_name $DATASET --push_to_hub \
--hub_model_id $MODEL"
