#!/bin/sh
# Creates what Precall needs on a Temporal server: the namespace and its search attributes. Changes nothing that is
# already there, so it can run again at any time.
#
# Reads TEMPORAL_ADDRESS, TEMPORAL_NAMESPACE and the other TEMPORAL_* settings, as the temporal command does, and
# TEMPORAL_INIT_TIMEOUT: how many seconds to wait for the server, and for it to take up the new namespace (default 120).
set -eu

namespace=${TEMPORAL_NAMESPACE:-default}
deadline=$(($(date +%s) + ${TEMPORAL_INIT_TIMEOUT:-120}))

# Repeats a command until it succeeds; once the time is up its own words say what is wrong.
eventually() {
  until "$@" >/dev/null 2>&1; do
    if [ "$(date +%s)" -ge "$deadline" ]; then
      "$@"
      return
    fi
    sleep 1
  done
}

ensure_namespace() {
  if temporal operator namespace describe --namespace "$namespace" >/dev/null 2>&1; then
    echo "namespace $namespace: there"
  else
    # A closed run keeps its booking uid taken for as long as it is retained.
    temporal operator namespace create --namespace "$namespace" --retention 30d
    echo "namespace $namespace: created"
  fi
}

list_search_attributes() {
  temporal operator search-attribute list --namespace "$namespace"
}

ensure_search_attribute() {
  name=$1 type=$2
  present=$(printf '%s\n' "$search_attributes" | awk -v name="$name" '$1 == name { print $2 }')
  case $present in
    "$type") echo "search attribute $name: there" ;;
    '')
      temporal operator search-attribute create --namespace "$namespace" --name "$name" --type "$type"
      echo "search attribute $name: created"
      ;;
    *)
      echo "search attribute $name: is of type $present and Precall needs $type; remove or rename it first" >&2
      exit 1
      ;;
  esac
}

eventually temporal operator cluster health
ensure_namespace
# Servers cache their list of namespaces: a new one is unknown to some of their calls for a few seconds.
eventually list_search_attributes
search_attributes=$(list_search_attributes)
ensure_search_attribute PrecallStatus Keyword
ensure_search_attribute PrecallStartsAt Datetime
ensure_search_attribute PrecallCampaign Keyword
