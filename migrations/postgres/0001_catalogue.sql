-- The catalogue: accounts and everything a tenant owns. The message store never touches SQL.
-- Numbers (no) come from `sequence` and are never given out again.

CREATE TABLE sequence (
    name  TEXT PRIMARY KEY NOT NULL,
    value BIGINT NOT NULL
);
INSERT INTO sequence (name, value) VALUES
    ('account', 0), ('user', 0), ('instance', 0), ('topic', 0), ('group', 0), ('audit', 0), ('grant', 0);

CREATE TABLE account (
    no                    BIGINT PRIMARY KEY,
    name                  TEXT NOT NULL UNIQUE,
    uid                   TEXT NOT NULL UNIQUE,
    created_at_ms         BIGINT NOT NULL,
    service_enabled_at_ms BIGINT,
    service_enabled_by    TEXT
);

CREATE TABLE account_user (
    no                     BIGINT PRIMARY KEY,
    account_no             BIGINT NOT NULL REFERENCES account (no),
    name                   TEXT NOT NULL,
    role                   TEXT NOT NULL CHECK (role IN ('owner', 'member')),
    operator               BOOLEAN NOT NULL,
    active                 BOOLEAN NOT NULL,
    password_hash          TEXT,
    password_changed_at_ms BIGINT,
    created_at_ms          BIGINT NOT NULL,
    UNIQUE (account_no, name)
);

CREATE TABLE instance (
    no            BIGINT PRIMARY KEY,
    account_no    BIGINT NOT NULL REFERENCES account (no),
    id            TEXT NOT NULL UNIQUE,
    id_folded     TEXT NOT NULL UNIQUE,
    region        TEXT NOT NULL,
    name          TEXT NOT NULL,
    description   TEXT NOT NULL,
    port          BIGINT NOT NULL UNIQUE,
    created_at_ms BIGINT NOT NULL,
    UNIQUE (account_no, region, name)
);

-- instance_no NULL: every instance of the account.
CREATE TABLE user_grant (
    no          BIGINT PRIMARY KEY,
    user_no     BIGINT NOT NULL REFERENCES account_user (no) ON DELETE CASCADE,
    instance_no BIGINT REFERENCES instance (no) ON DELETE CASCADE,
    resource    TEXT NOT NULL,
    actions     TEXT NOT NULL
);
CREATE INDEX user_grant_user ON user_grant (user_no);

CREATE TABLE topic (
    no            BIGINT PRIMARY KEY,
    instance_no   BIGINT NOT NULL REFERENCES instance (no),
    name          TEXT NOT NULL,
    message_type  TEXT NOT NULL,
    queues        BIGINT NOT NULL CHECK (queues BETWEEN 1 AND 64),
    flush         TEXT NOT NULL CHECK (flush IN ('sync', 'async')),
    description   TEXT NOT NULL,
    created_at_ms BIGINT NOT NULL,
    UNIQUE (instance_no, name)
);

CREATE TABLE consumer_group (
    no             BIGINT PRIMARY KEY,
    instance_no    BIGINT NOT NULL REFERENCES instance (no),
    name           TEXT NOT NULL,
    protocol       TEXT NOT NULL CHECK (protocol IN ('tcp', 'http')),
    description    TEXT NOT NULL,
    created_at_ms  BIGINT NOT NULL,
    start_position BIGINT NOT NULL,
    UNIQUE (instance_no, name)
);

-- secret: 24 bytes of nonce and the XChaCha20-Poly1305 text of the secret under the data key.
CREATE TABLE access_key (
    id              TEXT PRIMARY KEY NOT NULL,
    user_no         BIGINT NOT NULL REFERENCES account_user (no) ON DELETE CASCADE,
    version         BIGINT NOT NULL,
    secret          BYTEA NOT NULL,
    active          BOOLEAN NOT NULL,
    created_at_ms   BIGINT NOT NULL,
    last_used_at_ms BIGINT
);
CREATE INDEX access_key_user ON access_key (user_no);

-- One row: the key that protects access_key.secret, itself protected by the master key file.
CREATE TABLE data_key (
    version BIGINT PRIMARY KEY,
    wrapped BYTEA NOT NULL
);

CREATE TABLE one_time_link (
    token_hash    TEXT PRIMARY KEY NOT NULL,
    purpose       TEXT NOT NULL CHECK (purpose IN ('setup', 'password')),
    user_no       BIGINT REFERENCES account_user (no) ON DELETE CASCADE,
    created_at_ms BIGINT NOT NULL,
    expires_at_ms BIGINT NOT NULL
);

CREATE TABLE session (
    id_hash       TEXT PRIMARY KEY NOT NULL,
    user_no       BIGINT REFERENCES account_user (no) ON DELETE CASCADE,
    data          TEXT NOT NULL,
    created_at_ms BIGINT NOT NULL,
    active_at_ms  BIGINT NOT NULL,
    source        TEXT
);
CREATE INDEX session_by_user ON session (user_no);

-- Append only. hash = SHA-256 over the previous hash and this row's fields.
CREATE TABLE audit (
    no            BIGINT PRIMARY KEY,
    at_ms         BIGINT NOT NULL,
    account_no    BIGINT,
    actor         TEXT NOT NULL,
    action        TEXT NOT NULL,
    target        TEXT NOT NULL,
    old_value     TEXT,
    new_value     TEXT,
    source        TEXT NOT NULL,
    previous_hash TEXT NOT NULL,
    hash          TEXT NOT NULL
);
CREATE INDEX audit_account ON audit (account_no, no);
CREATE FUNCTION audit_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the audit is append only';
END
$$;
CREATE TRIGGER audit_is_not_changed BEFORE UPDATE OR DELETE ON audit
    FOR EACH ROW EXECUTE FUNCTION audit_is_append_only();
