-- What the devices of an account tell each other of one of them, signed by one.
ALTER TABLE device ADD COLUMN note      BLOB;
ALTER TABLE device ADD COLUMN note_sign BLOB;

-- The number of the last revocation of the identity, and its sealed backup.
ALTER TABLE account ADD COLUMN revocations INTEGER NOT NULL DEFAULT 0;
ALTER TABLE account ADD COLUMN kit_id      BLOB; -- SHA-256 of the token that asks for it
ALTER TABLE account ADD COLUMN kit         BLOB; -- the code that opens it never comes here
ALTER TABLE account ADD COLUMN kit_at      INTEGER NOT NULL DEFAULT 0;
CREATE UNIQUE INDEX account_kit ON account (kit_id) WHERE kit_id IS NOT NULL;
