-- Two roles for one database: the owner makes and changes tables, and is known to `handover migrate` alone; the bridges
-- read and write rows. Run by the database's image when its volume is new. Each password stands in one place, the address
-- that its user is given; `make-secrets` makes them of letters and digits, which an address need not encode.

\set ON_ERROR_STOP on
\set owner_password `sed -n 's,^postgres://[^:]*:\([^@]*\)@.*,\1,p' /run/secrets/store_owner_url`
\set bridge_password `sed -n 's,^postgres://[^:]*:\([^@]*\)@.*,\1,p' /run/secrets/store_url`

CREATE ROLE handover_owner LOGIN PASSWORD :'owner_password';
CREATE ROLE handover LOGIN PASSWORD :'bridge_password';
CREATE DATABASE handover OWNER handover_owner;
REVOKE ALL ON DATABASE handover FROM PUBLIC;
GRANT CONNECT ON DATABASE handover TO handover;

\connect handover
REVOKE ALL ON SCHEMA public FROM PUBLIC;
GRANT USAGE ON SCHEMA public TO handover;
-- For whatever the owner is going to make.
ALTER DEFAULT PRIVILEGES FOR ROLE handover_owner IN SCHEMA public
    GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO handover;
ALTER DEFAULT PRIVILEGES FOR ROLE handover_owner IN SCHEMA public
    GRANT USAGE, SELECT ON SEQUENCES TO handover;
