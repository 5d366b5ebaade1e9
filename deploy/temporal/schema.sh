#!/bin/sh
# Creates Temporal's two databases, or brings them up to this version of temporal-sql-tool. Does nothing to databases that
# are up to date. A server refuses to start on an older schema, so this runs before it.
#
# Reads SQL_PLUGIN, SQL_HOST, SQL_PORT, SQL_USER and SQL_PASSWORD, as temporal-sql-tool does.
set -eu

prepare() {
  temporal-sql-tool --db "$1" create-database
  temporal-sql-tool --db "$1" setup-schema --version 0.0
  temporal-sql-tool --db "$1" update-schema --schema-name "$2"
}

# The schema inside the tool, not the image's /etc/temporal/schema: it cannot differ from the tool's version, and is
# there without an image too.
prepare temporal postgresql/v12/temporal
prepare temporal_visibility postgresql/v12/visibility
