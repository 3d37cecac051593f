#!/bin/sh
# From a clean home to a first prediction with the README's own curl, the page, and an independent check of the proof.
exec "$JUDGES" -B "$(dirname -- "$0")/first_prediction.py"
