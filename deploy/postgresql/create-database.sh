#!/bin/sh
# Creates Precall's database and the user that owns it. What is there stays, but for the user's password, which becomes the
# one that is given.
#
# Reads PRECALL_DB_PASSWORD, and PGHOST, PGUSER and PGPASSWORD, as psql does.
set -eu

: "${PRECALL_DB_PASSWORD:?is not set}"

# psql reads the password by itself: in an argument it would be in the list of processes.
psql --no-psqlrc --quiet --set=ON_ERROR_STOP=1 --dbname=postgres <<'SQL'
\getenv password PRECALL_DB_PASSWORD
select 'create role precall login' where not exists (select from pg_roles where rolname = 'precall') \gexec
alter role precall password :'password';
select 'create database precall owner precall' where not exists (select from pg_database where datname = 'precall') \gexec
SQL
echo 'database precall: there'
