#!/usr/bin/env bash
# Measures retrieval quality on the development sets beside the checkout.
set -euo pipefail
cairn=${1:?usage: run.sh CAIRN}
sets=${CAIRN_EVAL_SETS:-../shared/eval}
if [ ! -d "$sets" ]; then
  echo "the development sets are not at $sets; set CAIRN_EVAL_SETS" >&2
  exit 1
fi
data=$(mktemp -d)
trap 'rm -rf "$data"' EXIT

measure() { # library, query files
  local library=$1
  shift
  local args=()
  for q in "$@"; do args+=(--queries "$q"); done
  "$cairn" eval --data "$data" --library "$library" "${args[@]}"
}

measure "$sets/prometheus/docs" "$sets"/prometheus/queries*.jsonl
measure "$sets/k8s-zh/docs" "$sets"/k8s-zh/queries*.jsonl
measure "$sets/k8s-en/docs" "$sets"/k8s-en/queries*.jsonl
measure "$sets/../documents" "$sets"/documents/queries.jsonl "$sets"/out-of-domain/queries.jsonl
