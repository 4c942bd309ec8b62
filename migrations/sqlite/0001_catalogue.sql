-- The catalogue: accounts and everything a tenant owns. The message store never touches SQL.
-- Numbers (no) come from `sequence` and are never given out again.

CREATE TABLE sequence (
    name  TEXT PRIMARY KEY NOT NULL,
    value INTEGER NOT NULL
) STRICT;
INSERT INTO sequence (name, value) VALUES
    ('account', 0), ('user', 0), ('instance', 0), ('topic', 0), ('group', 0), ('audit', 0), ('grant', 0);

CREATE TABLE account (
    no                    INTEGER PRIMARY KEY NOT NULL,
    name                  TEXT NOT NULL UNIQUE,
    uid                   TEXT NOT NULL UNIQUE,
    created_at_ms         INTEGER NOT NULL,
    service_enabled_at_ms INTEGER,
    service_enabled_by    TEXT
) STRICT;

CREATE TABLE account_user (
    no                     INTEGER PRIMARY KEY NOT NULL,
    account_no             INTEGER NOT NULL REFERENCES account (no),
    name                   TEXT NOT NULL,
    role                   TEXT NOT NULL CHECK (role IN ('owner', 'member')),
    operator               INTEGER NOT NULL,
    active                 INTEGER NOT NULL,
    password_hash          TEXT,
    password_changed_at_ms INTEGER,
    created_at_ms          INTEGER NOT NULL,
    UNIQUE (account_no, name)
) STRICT;

CREATE TABLE instance (
    no            INTEGER PRIMARY KEY NOT NULL,
    account_no    INTEGER NOT NULL REFERENCES account (no),
    id            TEXT NOT NULL UNIQUE,
    id_folded     TEXT NOT NULL UNIQUE,
    region        TEXT NOT NULL,
    name          TEXT NOT NULL,
    description   TEXT NOT NULL,
    port          INTEGER NOT NULL UNIQUE,
    created_at_ms INTEGER NOT NULL,
    UNIQUE (account_no, region, name)
) STRICT;

-- instance_no NULL: every instance of the account.
CREATE TABLE user_grant (
    no          INTEGER PRIMARY KEY NOT NULL,
    user_no     INTEGER NOT NULL REFERENCES account_user (no) ON DELETE CASCADE,
    instance_no INTEGER REFERENCES instance (no) ON DELETE CASCADE,
    resource    TEXT NOT NULL,
    actions     TEXT NOT NULL
) STRICT;
CREATE INDEX user_grant_user ON user_grant (user_no);

CREATE TABLE topic (
    no            INTEGER PRIMARY KEY NOT NULL,
    instance_no   INTEGER NOT NULL REFERENCES instance (no),
    name          TEXT NOT NULL,
    message_type  TEXT NOT NULL,
    queues        INTEGER NOT NULL CHECK (queues BETWEEN 1 AND 64),
    flush         TEXT NOT NULL CHECK (flush IN ('sync', 'async')),
    description   TEXT NOT NULL,
    created_at_ms INTEGER NOT NULL,
    UNIQUE (instance_no, name)
) STRICT;

CREATE TABLE consumer_group (
    no             INTEGER PRIMARY KEY NOT NULL,
    instance_no    INTEGER NOT NULL REFERENCES instance (no),
    name           TEXT NOT NULL,
    protocol       TEXT NOT NULL CHECK (protocol IN ('tcp', 'http')),
    description    TEXT NOT NULL,
    created_at_ms  INTEGER NOT NULL,
    start_position INTEGER NOT NULL,
    UNIQUE (instance_no, name)
) STRICT;

-- secret: 24 bytes of nonce and the XChaCha20-Poly1305 text of the secret under the data key.
CREATE TABLE access_key (
    id              TEXT PRIMARY KEY NOT NULL,
    user_no         INTEGER NOT NULL REFERENCES account_user (no) ON DELETE CASCADE,
    version         INTEGER NOT NULL,
    secret          BLOB NOT NULL,
    active          INTEGER NOT NULL,
    created_at_ms   INTEGER NOT NULL,
    last_used_at_ms INTEGER
) STRICT;
CREATE INDEX access_key_user ON access_key (user_no);

-- One row: the key that protects access_key.secret, itself protected by the master key file.
CREATE TABLE data_key (
    version INTEGER PRIMARY KEY NOT NULL,
    wrapped BLOB NOT NULL
) STRICT;

CREATE TABLE one_time_link (
    token_hash    TEXT PRIMARY KEY NOT NULL,
    purpose       TEXT NOT NULL CHECK (purpose IN ('setup', 'password')),
    user_no       INTEGER REFERENCES account_user (no) ON DELETE CASCADE,
    created_at_ms INTEGER NOT NULL,
    expires_at_ms INTEGER NOT NULL
) STRICT;

CREATE TABLE session (
    id_hash       TEXT PRIMARY KEY NOT NULL,
    user_no       INTEGER REFERENCES account_user (no) ON DELETE CASCADE,
    data          TEXT NOT NULL,
    created_at_ms INTEGER NOT NULL,
    active_at_ms  INTEGER NOT NULL,
    source        TEXT
) STRICT;
CREATE INDEX session_by_user ON session (user_no);

-- Append only. hash = SHA-256 over the previous hash and this row's fields.
CREATE TABLE audit (
    no            INTEGER PRIMARY KEY NOT NULL,
    at_ms         INTEGER NOT NULL,
    account_no    INTEGER,
    actor         TEXT NOT NULL,
    action        TEXT NOT NULL,
    target        TEXT NOT NULL,
    old_value     TEXT,
    new_value     TEXT,
    source        TEXT NOT NULL,
    previous_hash TEXT NOT NULL,
    hash          TEXT NOT NULL
) STRICT;
CREATE INDEX audit_account ON audit (account_no, no);
CREATE TRIGGER audit_is_not_changed BEFORE UPDATE ON audit
BEGIN
    SELECT RAISE (ABORT, 'the audit is append only');
END;
CREATE TRIGGER audit_is_not_deleted BEFORE DELETE ON audit
BEGIN
    SELECT RAISE (ABORT, 'the audit is append only');
END;
